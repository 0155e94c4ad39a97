import type {
  CreateNotebookInput,
  ImportNotebookInput,
  UpdateNotebookInput,
  UpdateNotebookMetadataInput,
} from "@aws-sdk/client-athena";
import type { Readable } from "node:stream";
import type { EngineId } from "../domain/engine-version.ts";
import type { Store } from "../store/types.ts";

/** Requests were checked against the API's model: what it requires is there. */
type With<Input, Required extends keyof Input> = Input & { [Member in Required]-?: NonNullable<Input[Member]> };

export type CreateRequest = With<CreateNotebookInput, "WorkGroup" | "Name">;
export type ImportRequest = With<ImportNotebookInput, "WorkGroup" | "Name">;
export type SaveRequest = With<UpdateNotebookInput, "NotebookId" | "Payload">;
export type RenameRequest = With<UpdateNotebookMetadataInput, "NotebookId" | "Name">;

export interface NotebookDeps {
  store: Pick<Store, "notebooks" | "workGroups" | "tokens">;
  objects: NotebookObjects;
  /** What AUTO means. */
  defaultEngine: EngineId;
  /** Epoch milliseconds. */
  now: () => number;
}

/** The buckets, as an import reads them. */
export interface NotebookObjects {
  /** The object at an `s3://` URI; undefined if there is none, or if it is no such URI. Its reader streams or closes it. */
  open(
    uri: string,
  ): Promise<{ readonly info: { size: number }; stream(): Readable; close(): Promise<void> } | undefined>;
}
