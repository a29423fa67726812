import type { Model } from './options.js';

/** An entry that fits no table; the message says why. */
export class UnmappedEntry extends Error {}

export function unmapped(model: Model, problem: string): UnmappedEntry {
  return new UnmappedEntry(`Model ${quote(model.name)}: ${problem}.`);
}

/** A name in a message: it may come from anywhere and be of any length. */
export function quote(name: string): string {
  return JSON.stringify(name.slice(0, 80));
}
