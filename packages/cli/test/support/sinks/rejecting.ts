import type { Sink } from '@sluice/core';

const sink: Sink = async ({ entries }) => ({
  rejected: entries.map((_, index) => ({ index, reason: 'no such row' })),
});
export default sink;
