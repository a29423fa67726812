import { openBuffer } from '@sluice/core';
import { type PageSchema, url } from './schema.js';

/** Counts page views: `producer.ts <views> <pages>`. It has no sink, as it leaves the rest to workers. */
const [views = 10_000, pages = 100] = process.argv.slice(2).map(Number);
const buffer = await openBuffer<PageSchema>({ url });

// Calls that arrive while a write is under way go out together in the next one: no need to wait for each.
const counted = Array.from({ length: views }, (_, i) =>
  buffer.incr('Page', { views: 1 }, { path: `/${i % pages}` }),
);
await Promise.all(counted);

// Every view is in Redis now, and safe from the end of this process.
await buffer.close();
