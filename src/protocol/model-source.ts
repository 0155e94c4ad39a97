/** An operation as the generated file writes it: names of shapes. */
export interface OperationSource {
  readonly input: string;
  /** Only of operations that are served. */
  readonly output?: string;
  /** The exceptions that it declares. Only of operations that are served. */
  readonly errors?: readonly string[];
}

/** A shape as botocore's model writes it, less its documentation. */
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
