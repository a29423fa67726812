import type { BufferEvents } from '@sluice/core';
import type { StoredEntry, Write } from '@sluice/core/backend';
import type { LostEntry } from '../../history/history.js';

/** What each write of this process had: a `lost` event only names writes. */
export class SentWrites {
  readonly #writes = new Map<string, readonly StoredEntry[]>();

  /** Notes a write that is about to be sent, for the first time or again. */
  record(write: Write): void {
    const name = nameOf(write.partition, write.producer, write.number);
    if (!this.#writes.has(name)) this.#writes.set(name, write.entries);
  }

  /** What the writes had that an event names. */
  between({ partition, producer, from, to, targets }: BufferEvents['lost']): LostEntry[] {
    const entries: StoredEntry[] = [];
    for (let number = from; number <= to; number += 1)
      entries.push(...(this.#writes.get(nameOf(partition, producer, number)) ?? []));
    return entries.filter(({ key }) => targets?.includes(key) ?? true).map(lostEntry);
  }
}

function nameOf(partition: number, producer: string, number: number): string {
  return `${partition} ${producer} ${number}`;
}

function lostEntry({ key, fields }: StoredEntry): LostEntry {
  const [, , name, , owner] = JSON.parse(key) as string[];
  const { '+views': views = 0, '+balance': balance = 0 } = fields;
  return { name: String(name), owner: String(owner), views: Number(views), balance: Number(balance) };
}
