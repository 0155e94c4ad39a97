import { chooseEngine } from "../domain/engine-version.ts";
import { newNotebookId } from "../domain/ids.ts";
import { invalid, notebookNotFound, Refusal, workGroupNotFound } from "../domain/refusal.ts";
import { earlierAnswer, isStoredToken, tokenUse, type TokenUse } from "../domain/request-token.ts";
import type { Notebook, PagePosition } from "../domain/entities.ts";
import { checkedPayload, importedPayload } from "./imported-payload.ts";
import { emptyNotebook } from "./notebook-format.ts";
import { checkedName } from "./notebook-name.ts";
import { inUse, nameTaken, notSaved } from "./refusals.ts";
import type { CreateRequest, ImportRequest, NotebookDeps, RenameRequest, SaveRequest } from "./types.ts";

/**
 * The use cases of notebooks. A notebook's content is stored character by character as it came, except for
 * repairs. A save replaces the whole content, so of two saves at once the later one wins. The transaction
 * that changes a notebook also checks names, sessions and request tokens, so every race has one winner.
 */
export class NotebookService {
  readonly #deps: NotebookDeps;

  constructor(deps: NotebookDeps) {
    this.#deps = deps;
  }

  /** Creates an empty notebook. Returns its id, as `import` does. */
  create(request: CreateRequest): Promise<string> {
    return this.#add("CreateNotebook", request, () => Promise.resolve(emptyNotebook));
  }

  import(request: ImportRequest): Promise<string> {
    return this.#add("ImportNotebook", request, () => importedPayload(request, this.#deps.objects));
  }

  async get(id: string): Promise<Notebook> {
    const notebook = await this.#deps.store.notebooks.find(id);
    if (!notebook) throw notebookNotFound(id);
    return notebook;
  }

  /** The notebook and its content. */
  async export(id: string): Promise<{ notebook: Notebook; payload: string }> {
    const found = await this.#deps.store.notebooks.read(id);
    if (!found) throw notebookNotFound(id);
    return found;
  }

  async save(request: SaveRequest): Promise<void> {
    const { store, now } = this.#deps;
    const { NotebookId: id, SessionId: sessionId } = request;
    const at = now();
    const token = tokenUse("UpdateNotebook", request, id, at);
    if ((await this.#earlier(token)) !== undefined) return;
    const saved = await store.notebooks.save(id, checkedPayload(request.Payload), { at, sessionId, token });
    if (saved === "saved") return;
    if (isStoredToken(saved)) earlierAnswer(token, saved);
    else throw notSaved(saved, request);
  }

  async rename(request: RenameRequest): Promise<void> {
    const { store, now } = this.#deps;
    const { NotebookId: id, Name: name } = request;
    const at = now();
    const token = tokenUse("UpdateNotebookMetadata", request, id, at);
    if ((await this.#earlier(token)) !== undefined) return;
    const renamed = await store.notebooks.rename(id, checkedName(name), { at, token });
    if (renamed === "renamed") return;
    if (renamed === "unknown") throw notebookNotFound(id);
    if (renamed === "nameTaken") throw nameTaken(name);
    if (isStoredToken(renamed)) earlierAnswer(token, renamed);
    else throw inUse(id, renamed);
  }

  async delete(id: string): Promise<void> {
    const deleted = await this.#deps.store.notebooks.delete(id);
    if (deleted === "unknown") throw notebookNotFound(id);
    if (deleted !== "deleted") throw inUse(id, deleted);
  }

  /** Newest first. With `nameContains`, only notebooks whose name contains this text. */
  async list(filter: {
    workGroup: string;
    nameContains: string | undefined;
    after: PagePosition | undefined;
    limit: number;
  }): Promise<Notebook[]> {
    const { store } = this.#deps;
    if (!(await store.workGroups.find(filter.workGroup))) throw workGroupNotFound();
    return store.notebooks.list(filter);
  }

  /** The notebook's active sessions, newest first. */
  async sessions(
    id: string,
    page: { after: PagePosition | undefined; limit: number },
  ): Promise<{ id: string; createdAt: number }[]> {
    const { notebooks } = this.#deps.store;
    if (!(await notebooks.find(id))) throw new Refusal("notFound", `Notebook ${id} was not found`, id);
    return notebooks.activeSessions(id, page);
  }

  async #add(
    operation: string,
    request: CreateRequest | ImportRequest,
    makePayload: () => Promise<string>,
  ): Promise<string> {
    const { store, now } = this.#deps;
    const { WorkGroup: workGroup, Name: name } = request;
    const at = now();
    const id = newNotebookId();
    const token = tokenUse(operation, request, id, at);
    const earlier = await this.#earlier(token);
    if (earlier !== undefined) return earlier;

    await this.#requireSpark(workGroup);
    const notebook = { id, workGroup, name: checkedName(name), createdAt: at, modifiedAt: at };
    const inserted = await store.notebooks.insert(notebook, await makePayload(), token);
    if (inserted === "inserted") return id;
    if (inserted === "noWorkGroup") throw workGroupNotFound();
    if (inserted === "nameTaken") throw nameTaken(name);
    return earlierAnswer(token, inserted);
  }

  /**
   * The answer to an earlier call with the same token. It is looked up before names and states are checked,
   * because the retry of a call that succeeded must not fail.
   */
  async #earlier(token: TokenUse | undefined): Promise<string | undefined> {
    const stored = await this.#deps.store.tokens.find(token);
    return stored && earlierAnswer(token, stored);
  }

  async #requireSpark(name: string): Promise<void> {
    const { store, defaultEngine } = this.#deps;
    const workGroup = await store.workGroups.find(name);
    if (!workGroup) throw workGroupNotFound();
    const selected = workGroup.configuration.EngineVersion?.SelectedEngineVersion;
    if (chooseEngine(selected, defaultEngine)?.kind !== "spark") throw invalid("Workgroup EngineVersion is not Spark.");
  }
}
