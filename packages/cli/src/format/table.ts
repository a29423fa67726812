import CliTable from 'cli-table3';

/** A column of a table. */
export interface Column<Row> {
  readonly title: string;
  readonly align?: 'right';
  /** The text of a row's cell: printable, and perhaps coloured. */
  readonly cell: (row: Row) => string;
}

const NO_LINES = Object.fromEntries(
  [
    ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
    ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'],
  ].map((name) => [name, '']),
);

/** Rows under titles. With a width, the last column is wrapped to what the others leave. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width?: number): string {
  const cells = rows.map((row) => columns.map(({ cell }) => cell(row)));
  const titles = columns.map(({ title }) => title);
  const lines = new CliTable({
    head: titles.every((title) => title === '') ? [] : titles,
    chars: { ...NO_LINES, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: columns.map(({ align }) => align ?? 'left'),
    wordWrap: true,
    ...(width !== undefined && {
      colWidths: [...titles.slice(0, -1).map(() => null), lastWidth([titles, ...cells], width)],
    }),
  });
  lines.push(...cells);
  return lines
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Narrow enough for the terminal, wide enough to read. */
const NARROWEST = 24;

function lastWidth(rows: readonly (readonly string[])[], width: number): number {
  const taken = (rows[0] ?? [])
    .slice(0, -1)
    .map((_, column) => Math.max(...rows.map((row) => plain(row[column] ?? '').length)) + 2)
    .reduce((sum, each) => sum + each, 0);
  const longest = Math.max(...rows.map((row) => plain(row.at(-1) ?? '').length));
  return Math.min(longest, Math.max(NARROWEST, width - taken));
}

/** Without the codes of colours. */
function plain(text: string): string {
  return text.replace(new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g'), '');
}
