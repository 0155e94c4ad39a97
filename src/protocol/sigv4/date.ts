const basicIso = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/**
 * Epoch milliseconds of a text such as `20261120T101500Z`; undefined for any other text, and for days that do
 * not exist.
 */
export type DateReader = (text: string) => number | undefined;

/**
 * Caches the date that was parsed last, because requests that are signed in the same second have the same
 * date.
 */
export function basicDateReader(): DateReader {
  let last: { text: string; at: number | undefined } = { text: "", at: undefined };
  return (text) => {
    if (last.text !== text) last = { text, at: parse(text) };
    return last.at;
  };
}

function parse(text: string): number | undefined {
  const at = basicIso.test(text) ? Date.parse(text.replace(basicIso, "$1-$2-$3T$4:$5:$6Z")) : NaN;
  // Date.parse takes a 31st of June for the 1st of July, and 24:00 for the next day.
  return new Date(at).getUTCDate() === Number(text.slice(6, 8)) ? at : undefined;
}

export function formatBasicDate(at: number): string {
  return new Date(at).toISOString().replace(/[-:]|\.\d+/g, "");
}
