/**
 * An operation's types, made from the SDK's types. A handler can rely on the required members: a request
 * without them never reaches a handler.
 */
export interface Shape<Input, Required extends keyof Input, Output> {
  input: Input & { [Member in Required]-?: NonNullable<Input[Member]> };
  output: Output;
}
