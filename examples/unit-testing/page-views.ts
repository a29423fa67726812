import { max, type SluiceBuffer } from '@sluice/core';

/** What this service counts. The compiler checks every increment against it. */
export interface PageSchema {
  Page: {
    columns: 'views' | 'readSeconds';
    filters: { path: string };
    extra: { lastSeen: Date };
  };
}

/** Counts who reads what. It gets its buffer from outside, so that a test can give it another one. */
export class PageViews {
  readonly #buffer: SluiceBuffer<PageSchema>;

  constructor(buffer: SluiceBuffer<PageSchema>) {
    this.#buffer = buffer;
  }

  /** Resolves when the view is safe in the backend; the database hears of it later. */
  async record(path: string, seenAt: Date, readSeconds = 0): Promise<void> {
    await this.#buffer.incr('Page', { views: 1, readSeconds }, { path }, { lastSeen: max(seenAt) });
  }

  /** Views that the database has not heard of yet: add them to what it has, to show an up-to-date number. */
  async pending(path: string): Promise<number> {
    const { views } = await this.#buffer.get('Page', ['views'], { path });
    return views;
  }
}
