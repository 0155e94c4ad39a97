/**
 * An operation's types, from the SDK's own. A request without a member that the API requires never reaches a handler,
 * so a handler finds each of those.
 */
export interface Shape<Input, Required extends keyof Input, Output> {
  input: Input & { [Member in Required]-?: NonNullable<Input[Member]> };
  output: Output;
}
