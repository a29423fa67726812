/** The name of an error of SQLite, whichever driver it comes from; `undefined` if it is none. */
export function nameOfError({ code, errcode }: Readonly<Record<string, unknown>>): string | undefined {
  if (typeof code !== 'string') return undefined;
  // node:sqlite has numbers for all errors, libSQL for those that it does not know.
  const unknown = /^UNKNOWN_SQLITE_ERROR_(\d+)$/.exec(code)?.[1];
  const number = code === 'ERR_SQLITE_ERROR' ? errcode : unknown;
  if (number !== undefined) return NAMES.get(Number(number) & 0xff) ?? 'SQLITE_OTHER';
  return code.startsWith('SQLITE_') ? code : undefined;
}

const NAMES: ReadonlyMap<number, string> = new Map([
  [1, 'SQLITE_ERROR'],
  [5, 'SQLITE_BUSY'],
  [6, 'SQLITE_LOCKED'],
  [8, 'SQLITE_READONLY'],
  [13, 'SQLITE_FULL'],
  [18, 'SQLITE_TOOBIG'],
  [19, 'SQLITE_CONSTRAINT'],
  [20, 'SQLITE_MISMATCH'],
]);
