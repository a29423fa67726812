import type { AddResult, Write } from '@sluice/core/backend';
import type { PartitionState, ProducerRecord } from './partition-state.js';
import { addPending } from './pending.js';

/** Records of producers that a partition keeps, at most. */
const RECORDS = 1000;

/** Applies a write if it follows the producer's last one, or says why not. */
export function applyWrite(state: PartitionState, write: Write, now: number): AddResult {
  const { epoch, floor } = state;
  if (write.epoch !== epoch) return { status: 'unknown', epoch, floor };
  const record = state.producers.get(write.producer);
  if (record === undefined && write.position < floor) return { status: 'unknown', epoch, floor };
  const last = record?.number ?? 0;
  if (record !== undefined && write.number <= last) return known(record, write);
  if (write.follows !== last) return { status: 'gap', last, position: state.applied };

  const refused = write.entries.flatMap((entry, index) => {
    const refusal = addPending(state, entry, now);
    return refusal === undefined ? [] : [{ index, ...refusal }];
  });
  state.applied += 1;
  state.added += write.entries.length - refused.length;
  const { number, nonce } = write;
  keep(state, write.producer, { number, position: state.applied, nonce, refused });
  return { status: 'applied', position: state.applied, refused: [...refused] };
}

/** What to say of a number that was used: two copies of a process use the same ones. */
function known({ number, nonce, position, refused }: ProducerRecord, write: Write): AddResult {
  if (write.number !== number || write.nonce !== nonce) return { status: 'conflict' };
  return { status: 'duplicate', position, refused: [...refused] };
}

/** Deletes and sets the record, so that the Map stays in the order of positions, and the oldest ones are in front. */
function keep(state: PartitionState, producer: string, record: ProducerRecord): void {
  const { producers } = state;
  producers.delete(producer);
  producers.set(producer, record);
  for (const [oldest, { position }] of producers) {
    if (producers.size <= RECORDS) return;
    producers.delete(oldest);
    state.floor = position + 1;
  }
}
