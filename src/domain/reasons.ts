/**
 * Makes a StateChangeReason, which has 1–1024 characters in the API's model. A longer text is cut and ends in
 * "…". An empty text becomes undefined.
 */
export function reason(text: string | null | undefined): string | undefined {
  if (!text) return undefined;
  return text.length <= 1024 ? text : `${text.slice(0, 1023).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

export const sessionTerminated = "Session was terminated per request";
export const calculationCanceled = "Calculation was canceled per request";
export const calculationCanceledBySessionEnd = "Calculation was canceled because its session was terminated";
