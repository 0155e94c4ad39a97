/**
 * The most columns of a terminal that a text may take. Terminals do not agree on the width of emoji and of
 * much else, and a text that is wider than it was taken for wraps. But no terminal gives a character more
 * than two columns, or an ASCII character more than one.
 */
export const maxColumns = (text: string): number =>
  Array.from(text).reduce((columns, character) => columns + columnsOf(character), 0);

/**
 * The text if it surely fits into `columns`. Otherwise as much of its beginning as surely fits, followed by
 * `end` (ASCII).
 */
export function fit(text: string, columns: number, end = ""): string {
  if (maxColumns(text) <= columns) return text;
  let room = columns - end.length;
  let fitting = "";
  for (const character of text) {
    room -= columnsOf(character);
    if (room < 0) break;
    fitting += character;
  }
  return fitting + end;
}

const columnsOf = (character: string): number => (character.charCodeAt(0) < 0x80 ? 1 : 2);
