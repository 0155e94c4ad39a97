import { InvalidArgumentError } from "commander";

// Values of a command's options.

export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}

export function count(text: string): number {
  const number = wholeNumber(text);
  if (number === 0) throw new InvalidArgumentError("It must be 1 at least.");
  return number;
}

export function duration(text: string): number {
  const number = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (number === 0) throw new InvalidArgumentError("It must be a number above 0, such as 3 or 0.5.");
  return number;
}
