import { createHash } from 'node:crypto';
import ack from './lua/ack.lua';
import add from './lua/add.lua';
import batch from './lua/batch.lua';
import bury from './lua/bury.lua';
import chunks from './lua/chunks.lua';
import claim from './lua/claim.lua';
import claimedEntries from './lua/claimed-entries.lua';
import deadLetters from './lua/dead-letters.lua';
import discard from './lua/discard.lua';
import endBatch from './lua/end-batch.lua';
import heldBy from './lua/held-by.lua';
import holds from './lua/holds.lua';
import join from './lua/join.lua';
import merge from './lua/merge.lua';
import nack from './lua/nack.lua';
import now from './lua/now.lua';
import numbers from './lua/numbers.lua';
import queue from './lua/queue.lua';
import queueItem from './lua/queue-item.lua';
import read from './lua/read.lua';
import record from './lua/record.lua';
import redrive from './lua/redrive.lua';
import refusals from './lua/refusals.lua';
import release from './lua/release.lua';
import renew from './lua/renew.lua';
import serverTime from './lua/server-time.lua';
import stats from './lua/stats.lua';
import steps from './lua/steps.lua';
import sum from './lua/sum.lua';

/** A Lua script and the digest that the server caches it under. */
export interface Script {
  readonly source: string;
  readonly sha1: string;
}

function script(...parts: string[]): Script {
  const source = parts.join('\n');
  return { source, sha1: createHash('sha1').update(source).digest('hex') };
}

/** A file whose functions are made only if they are called for: each call of a script makes its functions anew. */
function deferred(name: string, part: string, result: string): string {
  return `local function ${name}()\n${part}\nreturn ${result}\nend`;
}

/** One script a state change, put together from its files. */
export function loadScripts() {
  return {
    join: script(numbers, serverTime, refusals, chunks, record, join),
    add: script(numbers, now, refusals, chunks, record, sum, deferred('load_merge', merge, 'merge'), add),
    claim: script(
      numbers,
      now,
      serverTime,
      refusals,
      chunks,
      batch,
      heldBy,
      holds,
      endBatch,
      queueItem,
      queue,
      claim,
    ),
    release: script(numbers, now, refusals, heldBy, release),
    renew: script(numbers, now, refusals, heldBy, renew),
    ack: script(refusals, heldBy, holds, endBatch, ack),
    nack: script(numbers, now, refusals, batch, heldBy, holds, nack),
    bury: script(numbers, now, refusals, chunks, batch, heldBy, holds, bury),
    read: script(refusals, steps, claimedEntries, read),
    redrive: script(numbers, refusals, chunks, steps, claimedEntries, merge, redrive),
    discard: script(refusals, chunks, discard),
    deadLetters: script(steps, deadLetters),
    stats: script(numbers, now, refusals, batch, queueItem, stats),
  };
}
