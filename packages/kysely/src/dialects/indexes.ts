/** The columns of each index, from a row for each of its columns. */
export function indexesOf(rows: readonly { readonly index: string; readonly column: string }[]): string[][] {
  const indexes = new Map<string, string[]>();
  for (const { index, column } of rows) {
    const columns = indexes.get(index);
    if (columns === undefined) indexes.set(index, [column]);
    else columns.push(column);
  }
  return [...indexes.values()];
}

/** A name for a unique index. */
export function indexName(table: readonly string[], columns: readonly string[], longest: number): string {
  return `${[table.at(-1), ...columns].join('_').slice(0, longest - 4)}_key`;
}
