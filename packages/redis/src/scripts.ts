import { createHash } from 'node:crypto';
import ack from './lua/ack.lua';
import add from './lua/add.lua';
import bury from './lua/bury.lua';
import claim from './lua/claim.lua';
import deadLetters from './lua/dead-letters.lua';
import discard from './lua/discard.lua';
import holds from './lua/holds.lua';
import merge from './lua/merge.lua';
import nack from './lua/nack.lua';
import now from './lua/now.lua';
import redrive from './lua/redrive.lua';
import renew from './lua/renew.lua';
import stats from './lua/stats.lua';

/** A Lua script and the digest that the server caches it under. */
export interface Script {
  readonly source: string;
  readonly sha1: string;
}

function script(...parts: string[]): Script {
  const source = parts.join('\n');
  return { source, sha1: createHash('sha1').update(source).digest('hex') };
}

/** One script a state change, put together from its files. */
export function loadScripts() {
  return {
    add: script(now, merge, add),
    claim: script(now, claim),
    renew: script(now, holds, renew),
    ack: script(holds, ack),
    nack: script(now, holds, nack),
    bury: script(now, holds, bury),
    redrive: script(merge, redrive),
    discard: script(discard),
    deadLetters: script(deadLetters),
    stats: script(now, stats),
  };
}
