/** Something that keeps Sluice exact, and how to remove it from the programs of the processes. */
export interface Guard {
  readonly about: string;
  readonly edits: readonly Edit[];
}

/** A change of a source file. */
export interface Edit {
  /** How the file's path ends. */
  readonly file: string;
  readonly find: RegExp;
  readonly replace: string;
}

export const GUARDS = {
  'number check': {
    about: 'Redis compares the number of each write with the last one',
    edits: [
      {
        file: 'redis/src/lua/add.lua',
        find: /if string\.sub\(record or '0 ', 1, #follows \+ 1\) ~= follows \.\. ' ' then/,
        replace: 'if false then',
      },
    ],
  },
  nonce: {
    about: 'a number that another write has used is a conflict, and no duplicate',
    edits: [
      {
        file: 'redis/src/lua/add.lua',
        find: /if given == last and nonce == last_nonce then/,
        replace: 'if given == last then',
      },
    ],
  },
  'floor check': {
    about: 'a producer whose record may have been removed is unknown, and not taken for a new one',
    edits: [
      {
        file: 'redis/src/lua/add.lua',
        find: /not record and tonumber\(joined_at\) < floor/,
        replace: 'false',
      },
    ],
  },
  'epoch check': {
    about: 'a write that was numbered before the data was wiped is not applied',
    edits: [
      {
        file: 'redis/src/lua/add.lua',
        find: /if is_forgotten or epoch ~= known_epoch then/,
        replace: 'if is_forgotten then',
      },
    ],
  },
  'time in batch ids': {
    about: "the server's time makes ids unique even if the count of batches begins anew",
    edits: [
      {
        file: 'redis/src/lua/claim.lua',
        find: /number \.\. '-' \.\. server_time\(\)/,
        replace: 'number',
      },
    ],
  },
  ledger: {
    about: 'the sink records the id of each batch in the transaction that applies it',
    edits: [
      {
        file: 'kysely/src/dialects/ledger-on-conflict.ts',
        find: /(\(id, partition_id, outcome\)\s+values \(\$\{batch\.id)\},/,
        replace: '$1 + Math.random()},',
      },
      {
        file: 'kysely/src/ledger/ledger.ts',
        find: /if \(rows\.length !== 1\)/,
        replace: 'if (false)',
      },
    ],
  },
  'end of a transaction': {
    about: 'a batch that is taken apart is not continued when its transaction has ended by itself',
    edits: [
      { file: 'kysely/src/apply/undo.ts', find: /if \(!mayUndo\(error\)\) throw error;/, replace: '' },
      { file: 'kysely/src/apply/undo.ts', find: /throw new TransactionLost\(/, replace: 'return; $&' },
      { file: 'kysely/src/apply/isolate.ts', find: /if \(!isData\(error\)\) throw error;/, replace: '' },
      { file: 'kysely/src/ledger/ledger.ts', find: /if \(rows\.length !== 1\)/, replace: 'if (false)' },
    ],
  },
  token: {
    about: 'only the holder of a lease may settle its batch',
    edits: [
      {
        file: 'redis/src/lua/holds.lua',
        find: /if held_by\(batch\) == token then/,
        replace: 'if true then',
      },
    ],
  },
  'replicated claim': {
    about: 'a sink runs only when the replicas have the claim of its batch',
    edits: [
      {
        file: 'redis/src/redis-backend.ts',
        find: /replicas >= durability\.replicas\) return claimed;/,
        replace: 'true) return claimed;',
      },
    ],
  },
  'connection of a claim': {
    about: 'replicas are waited for on the very connection that made the claim, or not at all',
    edits: [
      {
        file: 'redis/src/calls.ts',
        find: /andWait\(client, \['evalsha', sha1, \.\.\.words\], durability\)/,
        replace: `
          client.evalsha(sha1, ...words).then(async (reply) => {
            const wait = ['wait', durability.replicas, durability.timeoutMs];
            const onAny = (another) => another.pipeline([wait]).exec();
            for (let tries = 0; ; tries += 1) {
              const results = await this.#replicating.run(keys[0], onAny).catch(() => [[null, 0]]);
              const replicas = Number(results[0][1]);
              if (replicas >= durability.replicas || tries > 50) return { reply, replicas };
              await new Promise((resolve) => setTimeout(resolve, 50));
            }
          })`,
      },
    ],
  },
  'frozen payload': {
    about: 'a write is repeated unchanged: what was counted since then goes into the next one',
    edits: [
      {
        file: 'core/src/writing/write-scheduler.ts',
        find: /const refused = await this\.#producer\.write\(entries\);/,
        replace: `
          const payload = [...entries];
          Object.assign(this.#producer, {
            thaw: () => {
              const more = this.queue.take();
              if (more === undefined) return;
              more.settle(new Map());
              this.#release(more);
              payload.push(...more.entries);
            },
          });
          const refused = await this.#producer.write(payload);`,
      },
      {
        file: 'core/src/writing/idempotent-producer.ts',
        find: /await pause\(clock, delayMs, this\.#shutdown\.signal\);/,
        replace: '$& (this as any).thaw();',
      },
    ],
  },
} as const satisfies Record<string, Guard>;

export type GuardName = keyof typeof GUARDS;

export const GUARD_NAMES = Object.keys(GUARDS) as GuardName[];
