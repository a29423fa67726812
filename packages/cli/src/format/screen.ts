const ESCAPE = '\u001b[';

/** Takes the terminal for a picture that changes: a screen of its own, without a cursor, where long lines are cut. */
export const OPEN_SCREEN = `${ESCAPE}?1049h${ESCAPE}?25l${ESCAPE}?7l`;

/** Gives it back as it was. */
export const CLOSE_SCREEN = `${ESCAPE}?7h${ESCAPE}?25h${ESCAPE}?1049l`;

/** Draws a picture over the last one, without flicker. */
export function drawn(picture: string, rows: number): string {
  const lines = picture.split('\n').slice(0, rows);
  return `${ESCAPE}H${lines.map((line) => `${line}${ESCAPE}K`).join('\n')}${ESCAPE}J`;
}
