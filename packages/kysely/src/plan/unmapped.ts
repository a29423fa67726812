/** An entry that fits no table; the message says why. */
export class UnmappedEntry extends Error {}

/** An entry with a name that this release does not map: a newer one may. */
export class UnknownName extends UnmappedEntry {}

export function unmapped(model: { readonly name: string }, problem: string): UnmappedEntry {
  return new UnmappedEntry(about(model, problem));
}

export function unknown(model: { readonly name: string }, problem: string): UnknownName {
  return new UnknownName(about(model, problem));
}

function about({ name }: { readonly name: string }, problem: string): string {
  return `Model ${quote(name)}: ${problem}.`;
}

/** Quotes a name for a message, shortened: it may come from anywhere and have any length. */
export function quote(name: string): string {
  return JSON.stringify(name.slice(0, 80));
}

const MOST_LISTED = 10;

/** Names in a message, of which there may be many. */
export function listed(names: Iterable<string>): string {
  const all = [...names];
  if (all.length === 0) return 'none';
  const shown = all.slice(0, MOST_LISTED).map(quote).join(', ');
  return all.length > MOST_LISTED ? `${shown} and ${all.length - MOST_LISTED} more` : shown;
}
