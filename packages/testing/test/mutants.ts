/** A backend with one deliberate fault: what to replace in the source of the memory backend, and what by. */
export interface Mutant {
  readonly name: string;
  readonly changes: readonly (readonly [from: string, to: string])[];
}

const mutant = (name: string, ...changes: Mutant['changes']): Mutant => ({ name, changes });

const MERGE = 'merge(existing, fields);';
const FIRST_WRITE = "pending.set(key, { '@': now, ...fields });";
const REFUSED = 'const refused = write.entries.flatMap(';
const CLAIMED = 'state.batch?.entries.find((entry) => entry.key === key)?.fields';
const SETTLE =
  'if (state.batch === undefined || !holds(state.batch, token)) return state.settledBy.includes(token);';
const ACK_AND_CLAIM = 'this.#ack(partition, token) && this.claim(partition, next)';
const BUSY = 'if (forMs > 0 && !isEarly) return';

/** Faults that implementors of backends make. */
export const MUTANTS: readonly Mutant[] = [
  // Joining
  mutant('every join begins an epoch', [
    'return { producer: this.#unique(), epoch: state.epoch, position: state.applied };',
    'state.epoch = this.#unique(); return { producer: this.#unique(), epoch: state.epoch, position: state.applied };',
  ]),
  mutant('all partitions have one epoch', ['newPartition(this.#unique())', "newPartition('epoch')"]),
  mutant('an epoch is the time alone', ['this.#epochsAndBatches += 1;', '']),
  mutant('the counter of epochs goes back with the data', [
    'const entries = Object.entries(structuredClone(snapshot));',
    'this.#epochsAndBatches = 0; const entries = Object.entries(structuredClone(snapshot));',
  ]),
  mutant('the position is always 0', [
    'epoch: state.epoch, position: state.applied };',
    'epoch: state.epoch, position: 0 };',
  ]),
  mutant('joining does not list the partition', [
    'newPartition(this.#unique()); this.#partitions.set(partition, state);',
    'newPartition(this.#unique());',
  ]),
  mutant('joining makes the partition count', [
    'pending.size > 0 || batch !== undefined ? [partition]',
    'true ? [partition]',
  ]),
  mutant('numbers of partitions are not listed', ['state.counts.add(partitions);', '']),
  mutant('only the last number of partitions is listed', [
    'state.counts.add(partitions);',
    'state.counts.clear(); state.counts.add(partitions);',
  ]),
  mutant('numbers of partitions are sorted as text', [
    '[...new Set(counts)].sort((a, b) => a - b)',
    '[...new Set(counts)].sort()',
  ]),
  mutant('a number of partitions is listed twice', ['[...new Set(counts)]', 'counts']),

  // Numbered writes
  mutant(
    'a duplicate is applied',
    ['write.number <= last)', 'write.number < last)'],
    ['write.follows !== last', 'write.number < last'],
  ),
  mutant('a gap is applied', ['write.follows !== last', 'false']),
  mutant('an old number is a gap', ['write.number <= last)', 'write.number === last)']),
  mutant('the nonce is ignored', ['|| write.nonce !== nonce', '']),
  mutant(
    'a conflict takes the number over',
    [
      "return { status: 'conflict' };",
      "{ state.producers.set(write.producer, { number: write.number, nonce: write.nonce, position, refused }); return { status: 'conflict' }; }",
    ],
    ['return known(record, write);', 'return known(record, write, state);'],
    [
      'refused }: ProducerRecord, write: Write): AddResult {',
      'refused }: ProducerRecord, write: Write, state: any): AddResult {',
    ],
  ),
  mutant('a conflict is a duplicate to the next repeat', [
    'const { number, nonce } = write;',
    "const { number } = write; const nonce = '';",
  ]),
  mutant('a producer without a record may begin anywhere', [
    'if (write.follows !== last)',
    'if (record && write.follows !== last)',
  ]),
  mutant('a gap returns the wrong last number', [
    "{ status: 'gap', last, position: state.applied }",
    "{ status: 'gap', last: last + 1, position: state.applied }",
  ]),
  mutant('the epoch is not compared', ['if (write.epoch !== epoch)', 'if (false)']),
  mutant('the epoch is compared only where there is no record', [
    'if (write.epoch !== epoch)',
    'if (write.epoch !== epoch && !state.producers.has(write.producer))',
  ]),
  mutant('unknown returns the epoch of the write', [
    "if (write.epoch !== epoch) return { status: 'unknown', epoch, floor };",
    "if (write.epoch !== epoch) return { status: 'unknown', epoch: write.epoch, floor };",
  ]),
  mutant('a write that nobody joined for begins the partition', [
    'const state = this.#partitions.get(write.partition);',
    'const state = this.#partitions.get(write.partition) ?? this.#partitions.set(write.partition, newPartition(write.epoch)).get(write.partition);',
  ]),
  mutant('what a write follows is not compared', [
    'if (write.follows !== last)',
    'if (write.number !== last + 1)',
  ]),
  mutant('all that join are one producer', ['producer: this.#unique()', "producer: 'one'"]),
  mutant('the floor is ignored', ['write.position < floor', 'false']),
  mutant('the latest record is removed first', [
    'for (const [oldest, { position }] of producers)',
    'for (const [oldest, { position }] of [...producers].reverse())',
  ]),
  mutant('the floor lies above all records', [
    'state.floor = position + 1;',
    'state.floor = state.applied + 1;',
  ]),
  mutant('a repeated write gets the position of now', [
    'return known(record, write);',
    'return known({ ...record, position: state.applied }, write);',
  ]),
  mutant('a duplicate takes a position', [
    'return known(record, write);',
    '{ state.applied += 1; return known(record, write); }',
  ]),
  mutant('an empty write takes no position', [
    'state.applied += 1;',
    'if (write.entries.length > 0) state.applied += 1;',
  ]),
  mutant(
    'numbers are per partition, not per producer',
    ['state.producers.get(write.producer)', "state.producers.get('')"],
    ['keep(state, write.producer,', "keep(state, '',"],
  ),
  mutant(
    'numbers are forgotten after a day',
    [
      'const record = state.producers.get(write.producer);',
      'const before = state.producers.get(write.producer) as any; const record = before && before.at < now - 86_400_000 ? undefined : before;',
    ],
    [
      'position: state.applied, nonce, refused }',
      'position: state.applied, nonce, refused, at: now } as any',
    ],
  ),
  mutant('refusals are not repeated', [
    "'duplicate', position, refused: [...refused] }",
    "'duplicate', position, refused: [] }",
  ]),
  mutant('the stored refusals are handed out', [
    "'duplicate', position, refused: [...refused] }",
    "'duplicate', position, refused }",
  ]),
  mutant(
    'a refused entry stops the whole write',
    [
      REFUSED,
      `const before = new Map([...state.pending].map(([key, fields]) => [key, { ...fields }])); ${REFUSED}`,
    ],
    [
      'state.applied += 1;',
      'state.applied += 1; if (refused.length > 0) { state.pending.clear(); for (const kept of before) state.pending.set(...kept); }',
    ],
  ),
  mutant('add is not atomic: it reads, waits and then writes', [
    ': applyWrite(state, write, this.#clock.now());',
    ': Promise.resolve(new Map(state.producers)).then((producers) => { state.producers = producers; return applyWrite(state, write, this.#clock.now()); });',
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
  mutant('a sum of zero is dropped', [MERGE, `${MERGE} if (existing['+views'] === 0) pending.delete(key);`]),
  mutant('names that objects inherit are mistaken for fields', [
    FIRST_WRITE,
    "const kept = { '@': now }; for (const field in fields) if (!(field.slice(1) in {})) kept[field] = fields[field]; pending.set(key, kept);",
  ]),

  // Claims
  mutant('a claim forgets to remove what it takes', [
    'for (const { key } of taken) pending.delete(key);',
    '',
  ]),
  mutant('the size is ignored', ['if (first.length === size) break;', '']),
  mutant('a batch is one entry too large', ['first.length === size', 'first.length > size']),
  mutant('the bytes are ignored', ['const taken = mayBeLarge ?', 'const taken = false ?']),
  mutant('a batch is one entry over its bytes', [
    'sum += packedBytes(entry); return index > 0 && sum > bytes;',
    'const before = sum; sum += packedBytes(entry); return index > 0 && before > bytes;',
  ]),
  mutant('a batch is smaller than its bytes', ['sum > bytes; });', 'sum >= bytes; });']),
  mutant('a large entry is never taken', ['return index > 0 && sum > bytes;', 'return sum > bytes;']),
  mutant('an entry of which nothing is known to be large is not measured', [
    'sum + mostBytes(entry), 0) > bytes',
    'sum + mostBytes(entry), 0) > 20 * bytes',
  ]),
  mutant('bytes are characters', [
    'sum += packedBytes(entry);',
    'sum += entry.key.length + JSON.stringify(entry.fields).length + 4;',
  ]),
  mutant('last in, first out', ['of pending) { if', 'of [...pending].reverse()) { if']),
  mutant('a target goes to the end with every increment', [
    MERGE,
    `${MERGE} pending.delete(key); pending.set(key, existing);`,
  ]),
  mutant(
    'a batch is not frozen',
    [
      '{ pending }: PartitionState, { key, fields }: StoredEntry,',
      'state: PartitionState, { key, fields }: StoredEntry,',
    ],
    [
      'const existing = pending.get(key);',
      `const { pending } = state; const existing = pending.get(key) ?? ${CLAIMED};`,
    ],
  ),
  mutant(
    'an increment of a claimed target is lost',
    [
      '{ pending }: PartitionState, { key, fields }: StoredEntry,',
      'state: PartitionState, { key, fields }: StoredEntry,',
    ],
    [
      'const existing = pending.get(key);',
      `const { pending } = state; const existing = pending.get(key); if (${CLAIMED}) return undefined;`,
    ],
  ),
  mutant('remaining counts the batch, too', [
    'remaining: state.pending.size',
    'remaining: state.pending.size + entries.length',
  ]),
  mutant('a claim is not atomic: it looks, waits and then takes', [
    'const now = this.#clock.now(); if (state.batch === undefined) {',
    'const now = this.#clock.now(); const free = state.batch === undefined; await null; if (free) {',
  ]),
  mutant('busy returns no time', ["{ status: 'busy', forMs }", "{ status: 'busy', forMs: 1000 }"]),
  mutant('a second claim takes the next entries', [
    'if (state.batch === undefined) { if',
    'if (state.batch === undefined || (state.batch.dueAt > now && state.batch.claimToken !== claimToken && state.pending.size > 0)) { if',
  ]),
  mutant('a repeated claim is turned away', ['state.batch.claimToken !== claimToken) {', 'true) {']),
  mutant('a repeated claim counts an attempt', [
    'const { id, attempt, failures, madeAt, entries } = state.batch;',
    'state.lastToken === claimToken ? (state.batch.attempt += 1) : (state.lastToken = claimToken); const { id, attempt, failures, madeAt, entries } = state.batch;',
  ]),
  mutant('a repeated claim moves its deadline', [
    'const { id, attempt, failures, madeAt, entries } = state.batch;',
    'waitFor(state.batch, request.leaseMs, now); const { id, attempt, failures, madeAt, entries } = state.batch;',
  ]),
  mutant('a batch id is the prefix alone', [
    '[batchIdPrefix, state.batches, this.#unique()]',
    '[batchIdPrefix]',
  ]),
  mutant('a batch id is unique in the data alone', [
    '[batchIdPrefix, state.batches, this.#unique()]',
    '[batchIdPrefix, state.batches]',
  ]),
  mutant('an early claim takes a lease', ['&& state.batch.claimToken === undefined;', ';']),
  mutant('no claim is early', ['const isEarly = request.early &&', 'const isEarly = false &&']),
  mutant('every claim is early', ['const isEarly = request.early &&', 'const isEarly =']),
  mutant('the age of a batch is that of its delivery', [
    'waitFor(state.batch, request.leaseMs, now);',
    'waitFor(state.batch, request.leaseMs, now); (state.batch as any).madeAt = now;',
  ]),
  mutant('ages are negative after the clock was set back', [
    'return Math.max(0, now - since);',
    'return now - since;',
  ]),

  // Reading
  mutant('a claimed entry reads as pending', [
    'const pending = state?.pending.get(key);',
    'const pending = state?.pending.get(key) ?? (state && claimedFields(state, key));',
  ]),
  mutant('claimed entries are not read', [
    'const claimed = state && claimedFields(state, key);',
    'const claimed = undefined as any;',
  ]),
  mutant('what waits for its next delivery is not read', [
    'const claimed = state && claimedFields(state, key);',
    'const claimed = state?.batch?.claimToken === undefined ? undefined : claimedFields(state, key);',
  ]),
  mutant('a target is read in all partitions', [
    'const state = this.#partitions.get(partition); const pending',
    'const state = [...this.#partitions.values()].find((other) => other.pending.has(key)) ?? this.#partitions.get(partition); const pending',
  ]),
  mutant('targets are read once', [
    'return targets.map(',
    'return [...new Map(targets.map((target) => [target.partition + target.key, target])).values()].map(',
  ]),

  // Leases
  mutant('a takeover keeps the old token', ['state.batch.claimToken = claimToken;', '']),
  mutant('a takeover makes a new id', [
    'state.batch.attempt += 1;',
    'state.batch.attempt += 1; (state.batch as any).id = request.batchIdPrefix;',
  ]),
  mutant('a takeover counts no attempt', ['state.batch.attempt += 1;', '']),
  mutant('a takeover keeps the old deadline', ['waitFor(state.batch, request.leaseMs, now);', '']),
  mutant('a lease that holds is taken over', [BUSY, 'if (false) return']),
  mutant('a lease never ends', [BUSY, 'if (!isEarly) return']),
  mutant(
    'a lease ends a millisecond late',
    [BUSY, 'if (state.batch.dueAt >= now && !isEarly) return'],
    [
      'const forMs = waitLeft(state.batch, now);',
      'const forMs = waitLeft(state.batch, now); if (forMs === 0 && state.batch.dueAt < now) state.batch.dueAt -= now;',
    ],
    [
      'state.batch.dueAt = now + forMs;',
      'state.batch.dueAt += forMs > 0 ? now + forMs - state.batch.dueAt : 0;',
    ],
  ),
  mutant('renew does not move the deadline', ['waitFor(batch, leaseMs, this.#clock.now());', '']),
  mutant('renew ignores the token', ['batch === undefined || !holds(batch, token)', 'batch === undefined']),
  mutant('renew adds to the deadline', [
    'waitFor(batch, leaseMs, this.#clock.now());',
    'waitFor(batch, leaseMs, batch.dueAt);',
  ]),
  mutant('a clock that is set back makes waits longer', [
    'return Math.min(Math.max(0, dueAt - now), waitMs);',
    'return Math.max(0, dueAt - now);',
  ]),
  mutant('a wait begins again with every look at the clock', ['state.batch.dueAt = now + forMs;', '']),
  mutant('the length of a wait is that of the first lease', ['batch.waitMs = waitMs;', '']),

  // Settling
  mutant('settling ignores the token', [
    SETTLE,
    'if (state.batch === undefined) return state.settledBy.includes(token);',
  ]),
  mutant('the token of a claim settles any batch that the claim leased', [
    'leaseToken(id, claimToken) === token',
    "token.endsWith(' ' + claimToken)",
  ]),
  mutant('repeating a settlement returns false', [
    SETTLE,
    SETTLE.replace('state.settledBy.includes(token)', 'false'),
  ]),
  mutant('settling returns true to any token', [
    SETTLE,
    SETTLE.replace('state.settledBy.includes(token)', 'true'),
  ]),
  mutant('an ack that claims ends nothing', [ACK_AND_CLAIM, 'this.claim(partition, next)']),
  mutant('an ack that comes too late claims', [
    ACK_AND_CLAIM,
    '(this.#ack(partition, token), this.claim(partition, next))',
  ]),
  mutant('an ack that comes too late is told by an empty claim', [
    ACK_AND_CLAIM,
    "this.#ack(partition, token) ? this.claim(partition, next) : { status: 'empty' }",
  ]),
  mutant('an ack that claims does not claim', [
    ACK_AND_CLAIM,
    "this.#ack(partition, token) && { status: 'empty' }",
  ]),
  mutant('an ack that claims, repeated, claims nothing', [
    ACK_AND_CLAIM,
    'this.#partitions.get(partition)?.settledBy.includes(token) ? { status: "empty" } : this.#ack(partition, token) && this.claim(partition, next)',
  ]),
  mutant('an ack that claims lets another claim in between', [
    ACK_AND_CLAIM,
    '(await this.ack(partition, token)) && this.claim(partition, next)',
  ]),
  mutant('an ack that claims takes the batch early', [
    ACK_AND_CLAIM,
    'this.#ack(partition, token) && this.claim(partition, { ...next, early: true })',
  ]),
  mutant('nack keeps the token', ['batch.claimToken = undefined;', '']),
  mutant('only the last settlement is remembered', ['slice(-SETTLEMENTS)', 'slice(-1)']),
  mutant('seven settlements are remembered', ['slice(-SETTLEMENTS)', 'slice(-7)']),
  mutant('the delay of a nack is ignored', ['waitFor(batch, delayMs, now);', 'waitFor(batch, 0, now);']),
  mutant('failures are not counted', ['if (isVerdict) batch.failures += 1;', '']),
  mutant('an outage counts as a failure', ['if (isVerdict) batch', 'batch']),
  mutant('a takeover counts as a failure', [
    'state.batch.attempt += 1;',
    'state.batch.attempt += 1; if (forMs === 0) state.batch.failures += 1;',
  ]),
  mutant('the reason of a failure is not kept', ['batch.lastError = reason;', '']),
  mutant('the first reason of several is kept', ['batch.lastError = reason;', 'batch.lastError ??= reason;']),
  mutant('a batch fails since its last failure', [
    'batch.failingSince ??= now;',
    'batch.failingSince = now;',
  ]),
  mutant('a nack gives the entries back to the queue', [
    'batch.claimToken = undefined;',
    'for (const { key, fields } of batch.entries) _.pending.set(key, fields); _.batch = undefined;',
  ]),
  mutant('bury drops the entries', [
    'state.dead.set(id, { id, entry, reason, attempts, buriedAt, batchNumber });',
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
  mutant('redrive forgets to delete', ['return state.dead.delete(id);', 'return true;']),
  mutant('redrive drops what would overflow', [
    '!== undefined) return false; return state.dead.delete(id)',
    '!== undefined) return !state.dead.delete(id); return state.dead.delete(id)',
  ]),
  mutant('redrive replaces what is pending', [
    'if (addPending(state, { key, fields }, now)',
    'state.pending.delete(key); if (addPending(state, { key, fields }, now)',
  ]),
  mutant('redrive loses the first time', [FIRST_WRITE, "pending.set(key, { ...fields, '@': now });"]),
  mutant('redrive returns the ids that it got', [
    'return ids.filter((id) => redriveLetter(state, id, this.#clock.now()));',
    'return ids.map((id) => { redriveLetter(state, id, this.#clock.now()); return id; });',
  ]),
  mutant('a redriven value replaces a newer one', [
    'const stamped = stampLast(letter.entry.fields, letter.batchNumber);',
    'const stamped = letter.entry.fields;',
  ]),
  mutant('a redriven value comes after that of the batch', [
    'claimed === undefined ? stamped :',
    'true ? stamped :',
  ]),
  mutant('a redriven value is dropped for any batch', ['isLater(field, value)', 'false']),
  mutant('a redriven value gives way to an older one in the batch', [
    'isLater(field, value)',
    '!Object.hasOwn(claimed, field)',
  ]),
  mutant('letters are stamped with one number', [
    'stampLast(letter.entry.fields, letter.batchNumber)',
    'stampLast(letter.entry.fields, 1)',
  ]),
  mutant('redriven sums are dropped for a batch', ["field[0] !== '=' ||", '']),
  mutant('letters of one time come by the length of their ids', [
    '(a.id < b.id ? -1 : 1)',
    '(a.id.length - b.id.length || (a.id < b.id ? -1 : 1))',
  ]),
  mutant('discard deletes nothing', ['?.dead.delete(id));', '?.dead.has(id));']),

  // Partitions, ownership
  mutant('a partition with only a batch is not found', [
    'pending.size > 0 || batch !== undefined',
    'pending.size > 0',
  ]),
  mutant('partitions are sorted as text', ['.sort(([a], [b]) => a - b)', '.sort()']),
  mutant('drained partitions have no stats', [
    'return this.#inOrder().map(([partition, state]) =>',
    'return this.#inOrder().filter(([, state]) => state.pending.size + state.dead.size > 0 || state.batch).map(([partition, state]) =>',
  ]),
  mutant('a claimed entry is no time old', ['[batch?.entries[0]?.fields, nextPending]', '[nextPending]']),
  mutant('pending entries are no time old', [
    '[batch?.entries[0]?.fields, nextPending]',
    '[batch?.entries[0]?.fields]',
  ]),
  mutant('refused entries count as added', [
    'write.entries.length - refused.length;',
    'write.entries.length;',
  ]),
  mutant('merged entries do not count as added', [
    'state.added += write.entries.length - refused.length;',
    'state.added = Math.max(state.added, state.pending.size);',
  ]),
  mutant('writes count as added, not their entries', [
    'state.added += write.entries.length - refused.length;',
    'state.added += 1;',
  ]),
  mutant('a repeated write is added again', [
    'return known(record, write);',
    '{ state.added += write.entries.length; return known(record, write); }',
  ]),
  mutant('redriven letters are added again', [
    'return state.dead.delete(id);',
    'state.added += 1; return state.dead.delete(id);',
  ]),
  mutant('batches count as taken, not their entries', [
    'state.taken += entries.length;',
    'state.taken += 1;',
  ]),
  mutant('every delivery of a batch takes its entries', [
    'state.batch.attempt += 1;',
    'state.batch.attempt += 1; state.taken += state.batch.entries.length;',
  ]),
  mutant('what was taken is what batches hold', [
    'added, taken, ...(batch',
    'added, taken: batch?.entries.length ?? 0, ...(batch',
  ]),
  mutant('stats show no batch', ['...(batch && { batch: batchStats(batch, now) }),', '']),
  mutant('a batch that waits is shown as leased', [
    'const isLeased = claimToken !== undefined;',
    'const isLeased = true;',
  ]),
  mutant('stats show who held a batch that nobody holds', [
    '...(isLeased && { worker, leasedForMs: age(leasedAt, now) }),',
    'worker, leasedForMs: age(leasedAt, now),',
  ]),
  mutant('a takeover keeps the name of the old worker', ['state.batch.worker = worker;', '']),
  mutant('a takeover keeps the time of the old lease', ['state.batch.leasedAt = now;', '']),
  mutant('a lease begins with its last renewal', [
    'waitFor(batch, leaseMs, this.#clock.now());',
    'waitFor(batch, leaseMs, this.#clock.now()); batch.leasedAt = this.#clock.now();',
  ]),
  mutant('a repeated claim renames the worker', [
    'const { id, attempt, failures, madeAt, entries } = state.batch;',
    'state.batch.worker = worker; const { id, attempt, failures, madeAt, entries } = state.batch;',
  ]),
  mutant('the caller’s fields are kept', [FIRST_WRITE, "fields['@'] ??= now; pending.set(key, fields);"]),
  mutant('the stored pending fields are handed out', ['pending && { ...pending }', 'pending']),
  mutant('the stored claimed fields are handed out', ['claimed && { ...claimed }', 'claimed']),
  mutant('the stored batch is handed out', ['entries: entries.map(copyEntry)', 'entries']),
  mutant('the stored dead letter is handed out', [
    'return { id, entry: copyEntry(entry), reason',
    'return { id, entry, reason',
  ]),
];
