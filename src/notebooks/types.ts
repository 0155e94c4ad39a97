import type {
  CreateNotebookInput,
  ImportNotebookInput,
  UpdateNotebookInput,
  UpdateNotebookMetadataInput,
} from "@aws-sdk/client-athena";
import type { Readable } from "node:stream";
import type { EngineId } from "../domain/engine-version.ts";
import type { Store } from "../store/types.ts";

/** The members that the API's model requires are present: a request is checked against the model before. */
type With<Input, Required extends keyof Input> = Input & { [Member in Required]-?: NonNullable<Input[Member]> };

export type CreateRequest = With<CreateNotebookInput, "WorkGroup" | "Name">;
export type ImportRequest = With<ImportNotebookInput, "WorkGroup" | "Name">;
export type SaveRequest = With<UpdateNotebookInput, "NotebookId" | "Payload">;
export type RenameRequest = With<UpdateNotebookMetadataInput, "NotebookId" | "Name">;

export interface NotebookDeps {
  store: Pick<Store, "notebooks" | "workGroups" | "tokens">;
  objects: NotebookObjects;
  /** The engine of workgroups that select AUTO. */
  defaultEngine: EngineId;
  /** In epoch milliseconds. */
  now: () => number;
}

/** The part of the buckets that an import needs. */
export interface NotebookObjects {
  /**
   * Opens the object at an `s3://` URI; the caller must stream or close it. Undefined if there is no such
   * object, or if the URI is not an S3 URI.
   */
  open(
    uri: string,
  ): Promise<{ readonly info: { size: number }; stream(): Readable; close(): Promise<void> } | undefined>;
}
