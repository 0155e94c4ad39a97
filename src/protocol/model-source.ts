/** An operation as model.generated.ts writes it, with the names of its shapes. */
export interface OperationSource {
  readonly input: string;
  /** The shape of the answer. Set only for operations that Glaux serves. */
  readonly output?: string;
  /** The exceptions that the operation declares. Set only for operations that Glaux serves. */
  readonly errors?: readonly string[];
}

/** A shape as botocore's model writes it, without the documentation. */
export interface ShapeSource {
  readonly type: "structure" | "list" | "map" | "string" | "integer" | "long" | "double" | "boolean" | "timestamp";
  readonly required?: readonly string[];
  readonly members?: Readonly<Record<string, string>>;
  readonly member?: string;
  readonly key?: string;
  readonly value?: string;
  readonly enum?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
}
