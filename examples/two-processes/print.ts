import type { Sink } from '@sluice/core';
import type { PageSchema } from './schema.js';

/**
 * To apply is to print a line of JSON here. A sink with a database would record `batch.id` in the same transaction, and
 * skip a batch whose id is there: see the quickstart.
 */
export const print: Sink<PageSchema> = async ({ entries }) => {
  for (const { filters, columns } of entries) console.log(JSON.stringify({ ...filters, ...columns }));
};
