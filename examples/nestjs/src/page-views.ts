import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Buffer as SluiceBuffer } from '@sluice/core';
import { BUFFER, type PageSchema } from './sluice.module';

/** Counts views of pages. */
@Injectable()
export class PageViews {
  readonly #logger = new Logger(PageViews.name);

  constructor(@Inject(BUFFER) private readonly buffer: SluiceBuffer<PageSchema>) {}

  /**
   * Counts a view and returns at once: no response waits for a counter. Increments that are still on their way when
   * the service stops are written by `buffer.close()`.
   */
  record(path: string): void {
    this.buffer.incr('Page', { views: 1 }, { path }).catch((error: unknown) => {
      this.#logger.error('A view was not counted', error);
    });
  }
}
