import type { BufferEvents } from '@sluice/core';
import type { AddResult, RefusalReason } from '@sluice/core/backend';
import type { Instruments } from './instruments.js';
import type { Labels } from './labels.js';

// Prometheus sees no increase in a series that begins at 1: so each begins at 0, with every value of its attribute.

const LOST: readonly BufferEvents['lost']['reason'][] = ['wiped', 'too far behind', 'refused'];
const RETRIED = ['verdict', 'unavailable'] as const;
const REFUSED: readonly RefusalReason[] = ['overflow', 'corrupt'];
const STATUSES: readonly AddResult['status'][] = ['applied', 'duplicate', 'conflict', 'gap', 'unknown'];

/** Begins the counters of a process. */
export function beginProcess({ taken, dropped, statsFailures }: Instruments, labels: Labels): void {
  for (const counter of [taken, dropped, statsFailures]) counter.add(0, labels.ofMetric());
}

/** Begins the counters of a partition, or of all of them together. */
export function beginPartition(instruments: Instruments, labels: Labels, partition?: number): void {
  const { written, applied, buried, writes } = instruments;
  for (const counter of [written, applied, buried]) counter.add(0, labels.ofMetric(partition));
  for (const status of STATUSES) writes.add(0, labels.ofMetric(partition, { 'sluice.write.status': status }));
  for (const [counter, reasons] of [
    [instruments.lost, LOST],
    [instruments.retried, RETRIED],
    [instruments.refused, REFUSED],
  ] as const) {
    for (const reason of reasons) counter.add(0, labels.ofMetric(partition, { 'sluice.reason': reason }));
  }
}
