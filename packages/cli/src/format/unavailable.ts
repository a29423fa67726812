import type { BufferStats, UnavailablePartition } from '@sluice/core';
import { printable } from './printable.js';

/** Which partitions could not be looked at, and why: a line for each reason. */
export function unavailableText({ unavailable }: BufferStats): string {
  const reasons = new Map<string, number[]>();
  for (const { partition, error } of unavailable) {
    reasons.set(error.message, [...(reasons.get(error.message) ?? []), partition]);
  }
  return [...reasons]
    .map(([message, partitions]) => `Not seen: ${namesOf(partitions)}. ${printable(message)}`)
    .join('\n');
}

/** `partition 3`, `partitions 3, 5`. */
function namesOf(partitions: readonly number[]): string {
  return `partition${partitions.length === 1 ? '' : 's'} ${partitions.join(', ')}`;
}

/** The same for programs. */
export function unavailableJson({ partition, node, error: { code, message } }: UnavailablePartition): object {
  return { partition, ...(node !== undefined && { node }), error: { code, message } };
}
