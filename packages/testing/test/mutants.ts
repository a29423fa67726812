/** A backend with one deliberate fault: what to replace in the source of the memory backend, and what by. */
export interface Mutant {
  readonly name: string;
  readonly changes: readonly (readonly [from: string, to: string])[];
}

const mutant = (name: string, ...changes: Mutant['changes']): Mutant => ({ name, changes });

const MERGE = 'merge(existing, fields);';
const FIRST_WRITE = "state.pending.set(key, { '@': now, ...fields });";
const APPLY = 'this.#partitions.set(write.partition, state);';
const USED = 'state.producers.delete(write.producer);';
const SETTLE =
  'if (state?.batch === undefined || !holds(state.batch, token)) return state?.settledBy === token;';

/** Faults that implementors of backends make. */
export const MUTANTS: readonly Mutant[] = [
  // Numbered writes
  mutant(
    'a duplicate is applied',
    ['write.number <= last', 'write.number < last'],
    ['write.number !== last + 1', 'write.number < last'],
  ),
  mutant('a gap is applied', ['write.number !== last + 1', 'false']),
  mutant('an old number is a gap', ['write.number <= last', 'write.number === last']),
  mutant('an unknown producer may begin anywhere', [
    'write.number !== last + 1',
    'known && write.number !== last + 1',
  ]),
  mutant('a gap returns the wrong last number', ["epoch : '', last }", "epoch : '', last: last + 1 }"]),
  mutant(
    'numbers are per partition, not per producer',
    ['state.producers.get(write.producer)', "state.producers.get('')"],
    ['state.producers.set(write.producer,', "state.producers.set('',"],
  ),
  mutant('numbers are forgotten after an hour', ['now + PRODUCER_LIFETIME_MS', 'now + 3_600_000']),
  mutant('numbers live from the first use, not the last', [
    'now + PRODUCER_LIFETIME_MS',
    '(known?.expiresAt ?? now + PRODUCER_LIFETIME_MS)',
  ]),
  mutant('refusals are not repeated', ['&& known ? [...known.refused] : []', '&& known ? [] : []']),
  mutant(
    'a refused entry stops the whole write',
    [
      APPLY,
      `${APPLY} const before = new Map([...state.pending].map(([key, fields]) => [key, { ...fields }]));`,
    ],
    [
      USED,
      `if (refused.length > 0) { state.pending.clear(); for (const kept of before) state.pending.set(...kept); } ${USED}`,
    ],
  ),
  mutant('every write brings a new epoch', [APPLY, `${APPLY} state.epoch = write.newEpoch;`]),
  mutant('a gap sets the epoch', ['const { epoch } = state;', `const { epoch } = state; ${APPLY}`]),
  mutant('add is not atomic: it reads, waits and then writes', [
    'const last = known',
    'await null; const last = known',
  ]),

  // Merging
  mutant('max is the last value', [
    MERGE,
    `${MERGE} for (const field in fields) if (field[0] === '>') existing[field] = fields[field];`,
  ]),
  mutant('min is the last value', [
    MERGE,
    `${MERGE} for (const field in fields) if (field[0] === '<') existing[field] = fields[field];`,
  ]),
  mutant('max compares text', [
    MERGE,
    `const old = { ...existing }; ${MERGE} for (const field in fields) if (field[0] === '>' && old[field] !== undefined) existing[field] = String(fields[field]) > String(old[field]) ? fields[field] : old[field];`,
  ]),
  mutant('the first value of several wins', [
    MERGE,
    `const old = { ...existing }; ${MERGE} for (const field in old) if (field[0] === '=') existing[field] = old[field];`,
  ]),
  mutant('an overflow is rounded', [
    MERGE,
    "for (const field in fields) existing[field] = field[0] === '+' ? (existing[field] ?? 0) + fields[field] : fields[field];",
  ]),
  mutant('an overflow applies the other fields', [
    MERGE,
    `for (const field in fields) merge(existing, { [field]: fields[field] });`,
  ]),
  mutant('an entry has the time of its last increment', [MERGE, `${MERGE} existing['@'] = now;`]),
  mutant('a sum of zero is dropped', [
    MERGE,
    `${MERGE} if (existing['+views'] === 0) state.pending.delete(key);`,
  ]),
  mutant('names that objects inherit are mistaken for fields', [
    FIRST_WRITE,
    "const kept = { '@': now }; for (const field in fields) if (!(field.slice(1) in {})) kept[field] = fields[field]; state.pending.set(key, kept);",
  ]),

  // Claims
  mutant('a claim forgets to remove what it takes', [
    'taken.push({ key, fields }); pending.delete(key);',
    'taken.push({ key, fields });',
  ]),
  mutant('the size is ignored', ['if (taken.length === size) break;', '']),
  mutant('a batch is one entry too large', ['taken.length === size', 'taken.length > size']),
  mutant('last in, first out', ['of pending)', 'of [...pending].reverse())']),
  mutant('a target goes to the end with every increment', [
    MERGE,
    `${MERGE} state.pending.delete(key); state.pending.set(key, existing);`,
  ]),
  mutant('a batch is not frozen', [
    'const existing = state.pending.get(key);',
    'const existing = state.pending.get(key) ?? state.batch?.entries.find((entry) => entry.key === key)?.fields;',
  ]),
  mutant('an increment of a claimed target is lost', [
    'const existing = state.pending.get(key);',
    'const existing = state.pending.get(key); if (state.batch?.entries.some((entry) => entry.key === key)) return [];',
  ]),
  mutant('remaining counts the batch, too', [
    'remaining: state.pending.size',
    'remaining: state.pending.size + entries.length',
  ]),
  mutant('a claim is not atomic: it looks, waits and then takes', [
    'const now = this.#clock.now(); if (state.batch === undefined) {',
    'const now = this.#clock.now(); const free = state.batch === undefined; await null; if (free) {',
  ]),
  mutant('busy returns no time', ['forMs: state.batch.dueAt - now', 'forMs: 1000']),
  mutant('a second claim takes the next entries', [
    'if (state.batch === undefined) { if',
    'if (state.batch === undefined || (state.batch.dueAt > now && state.batch.claimToken !== claimToken && state.pending.size > 0)) { if',
  ]),
  mutant('a repeated claim is turned away', ['state.batch.claimToken !== claimToken) { if', 'true) { if']),
  mutant('a repeated claim counts an attempt', [
    'const { attempt, entries } = state.batch;',
    'state.lastToken === claimToken ? (state.batch.attempt += 1) : (state.lastToken = claimToken); const { attempt, entries } = state.batch;',
  ]),
  mutant('a claimed entry is still read', [
    '?.pending.get(key);',
    '?.pending.get(key) ?? this.#partitions.get(partition)?.batch?.entries.find((entry) => entry.key === key)?.fields;',
  ]),

  // Leases
  mutant('a takeover keeps the old token', ['state.batch.claimToken = claimToken;', '']),
  mutant('a takeover makes a new id', [
    'state.batch.attempt += 1;',
    'state.batch.attempt += 1; state.batch.id = id;',
  ]),
  mutant('a takeover counts no attempt', ['state.batch.attempt += 1;', '']),
  mutant('a takeover keeps the old deadline', [
    'state.batch.attempt += 1; state.batch.dueAt = now + leaseMs;',
    'state.batch.attempt += 1;',
  ]),
  mutant('a lease that holds is taken over', ['if (state.batch.dueAt > now) return', 'if (false) return']),
  mutant('a lease never ends', ['if (state.batch.dueAt > now) return', 'if (true) return']),
  mutant('a lease ends a millisecond late', [
    'if (state.batch.dueAt > now) return',
    'if (state.batch.dueAt >= now) return',
  ]),
  mutant('renew does not move the deadline', [
    'return false; batch.dueAt = this.#clock.now() + leaseMs;',
    'return false;',
  ]),
  mutant('renew ignores the token', ['batch === undefined || !holds(batch, token)', 'batch === undefined']),
  mutant('renew adds to the deadline', [
    'return false; batch.dueAt = this.#clock.now() + leaseMs;',
    'return false; batch.dueAt += leaseMs;',
  ]),

  // Settling
  mutant('settling ignores the token', [
    SETTLE,
    'if (state?.batch === undefined) return state?.settledBy === token;',
  ]),
  mutant('the token of a claim settles any batch that the claim leased', [
    'leaseToken(id, claimToken) === held',
    "held.endsWith(' ' + claimToken)",
  ]),
  mutant('repeating a settlement returns false', [
    SETTLE,
    SETTLE.replace('state?.settledBy === token', 'false'),
  ]),
  mutant('settling returns true to any token', [
    SETTLE,
    SETTLE.replace('state?.settledBy === token', 'true'),
  ]),
  mutant('nack keeps the token', ['batch.claimToken = undefined;', '']),
  mutant('the delay of a nack is ignored', ['+ delayMs', '']),
  mutant('a nack gives the entries back to the queue', [
    'batch.claimToken = undefined;',
    'for (const { key, fields } of batch.entries) _.pending.set(key, fields); _.batch = undefined;',
  ]),
  mutant('bury drops the entries', [
    'state.dead.set(id, { id, entry, reason, attempts: batch.attempt, buriedAt });',
    '',
  ]),
  mutant('bury sets the whole batch aside', [
    'of burials)',
    'of batch.entries.map((_, index) => ({ index, reason: burials[0].reason })))',
  ]),
  mutant('bury gives the other entries back', [
    'const buriedAt',
    'for (const { key, fields } of batch.entries.slice(1)) state.pending.set(key, fields); const buriedAt',
  ]),

  // Dead letters
  mutant('dead letters come newest first', ['a.buriedAt - b.buriedAt', 'b.buriedAt - a.buriedAt']),
  mutant('ids of dead letters have no leading zeros', [
    'deadLetterId(batch.id, index)',
    "[batch.id, index].join('/')",
  ]),
  mutant('the offset is ignored', ['slice(offset, offset + limit)', 'slice(0, limit)']),
  mutant('redrive forgets to delete', [
    'if (addPending(state, entry, 0, this.#clock.now()).length > 0) return false; return state.dead.delete(id);',
    'return addPending(state, entry, 0, this.#clock.now()).length === 0;',
  ]),
  mutant('redrive drops what would overflow', [
    '.length > 0) return false; return state.dead.delete(id)',
    '.length > 0) return !state.dead.delete(id); return state.dead.delete(id)',
  ]),
  mutant('redrive replaces what is pending', [
    'if (addPending(state, entry, 0,',
    'state.pending.delete(entry.key); if (addPending(state, entry, 0,',
  ]),
  mutant('redrive loses the first time', [FIRST_WRITE, "state.pending.set(key, { ...fields, '@': now });"]),
  mutant(
    'redrive returns the ids that it got',
    ['return ids.filter((id) => { const entry', 'return [...ids].map((id) => (() => { const entry'],
    ['return state.dead.delete(id); });', 'return state.dead.delete(id); })() ? id : id);'],
  ),
  mutant('discard deletes nothing', ['?.dead.delete(id));', '?.dead.has(id));']),

  // Partitions, ownership
  mutant('a partition with only a batch is not found', [
    'pending.size > 0 || batch !== undefined',
    'pending.size > 0',
  ]),
  mutant('partitions are sorted as text', ['.sort(([a], [b]) => a - b)', '.sort()']),
  mutant('drained partitions have no stats', [
    'return this.#inOrder().map(([partition, { pending, batch, dead }]) =>',
    'return this.#inOrder().filter(([, state]) => state.pending.size + state.dead.size > 0 || state.batch).map(([partition, { pending, batch, dead }]) =>',
  ]),
  mutant('the caller’s fields are kept', [
    FIRST_WRITE,
    "fields['@'] ??= now; state.pending.set(key, fields);",
  ]),
  mutant('the stored fields are handed out', ['return fields && { ...fields };', 'return fields;']),
  mutant('the stored batch is handed out', ['entries: entries.map(copyEntry)', 'entries']),
];
