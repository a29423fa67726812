/** A line of a table must stay one that can be read. */
const LONGEST = 60;

/** Text for a cell that others follow. */
export function shortened(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1).toWellFormed()}…`;
}
