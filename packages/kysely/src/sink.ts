import {
  type AnySchema,
  type Batch,
  type Entry,
  type Logger,
  type Rejection,
  type Schema,
  type Sink,
  type SinkContext,
  type SinkResult,
  SinkUnavailableError,
} from '@sluice/core';
import { applyGroup, type Work } from './apply/apply.js';
import { atOnce } from './apply/at-once.js';
import { blame } from './apply/blame.js';
import { Enders } from './apply/enders.js';
import { applyApart, type Isolated } from './apply/isolate.js';
import { inTransaction } from './apply/transaction.js';
import { type Watch, watched } from './apply/watch.js';
import { failureOf, NotAtOnce } from './dialects/failures.js';
import { Cleaner } from './ledger/cleaner.js';
import { confirm, createLedger, enter, record, recorded } from './ledger/ledger.js';
import { type LedgerRecord, NOTHING_LEFT, rejectedOf } from './ledger/record.js';
import { type KyselySinkOptions, resolve, type Settings } from './options.js';
import type { Group } from './plan/groups.js';
import type { Tables } from './plan/mapping.js';
import { Mappings } from './plan/mappings.js';
import { isEmpty, type Plan, planOf, waitingFor, withoutLayouts } from './plan/plan.js';
import type { Row } from './plan/row.js';
import { Known } from './setup/known.js';
import { type KnownTables, Setup } from './setup/setup.js';

/** A sink that applies every batch to a SQL database exactly once: {@link kyselySink} makes it. */
export interface KyselySink<S extends Schema<S> = AnySchema> extends Sink<S> {
  /** Called before a batch is given up: from then on it can never be applied, unless it was already. */
  giveUp(batch: Batch<S>, context: SinkContext & { readonly reason: string }): Promise<SinkResult>;
  /**
   * Creates the ledger if it is not there; only then does it need the right to create tables.
   * Rejects with `ERR_SLUICE_SINK_DENIED`, and the statement to run, when that right is missing. {@link migrateLedger}
   * does the same in a migration.
   */
  migrate(): Promise<void>;
  /**
   * Checks the ledger and the tables of all models: that they and their columns are there, that the types fit, that
   * unique indexes and rights suffice. Call it at the start, after `migrate()`.
   * Rejects with `ERR_SLUICE_SINK_SETUP`, with all faults in one message, one a line, and what to do about each; with
   * `SinkUnavailableError` when the database says nothing for `timeoutMs` (30 s by default) and a grace.
   *
   * @example
   * ```ts
   * import { kyselySink } from '@sluice/kysely';
   *
   * const sink = kyselySink({ db, models: { Page: { table: 'pages' } } });
   * await sink.migrate();
   * await sink.validate();
   * ```
   */
  validate(): Promise<void>;
}

/** The lease that a buffer has by default. */
const LEASE_MS = 30_000;

/**
 * Makes a sink that applies a batch in one transaction, together with a row in the ledger: rows that are
 * there are updated, and only those that are missing are inserted. A batch whose id is in the ledger is not applied again.
 *
 * When a batch fails, the sink throws and the batch comes again. From the delivery `isolateAfter` on, entries that
 * cannot be applied are rejected, with the database's reason, and all others are applied. What is not the data's fault
 * rejects nothing: a right, a table or a column that is missing, a name that this release does not know.
 *
 * @example
 * ```ts
 * import { kyselySink } from '@sluice/kysely';
 *
 * const sink = kyselySink({
 *   db,
 *   models: { Page: { table: 'pages', keys: ['path'], columns: ['views'], extra: { lastSeen: 'last_seen' } } },
 * });
 * const buffer = createBuffer({ backend, sink });
 * ```
 * @throws InvalidInputError `ERR_SLUICE_INVALID_OPTION` naming the option
 */
export function kyselySink<
  DB,
  S extends Schema<S> = AnySchema,
  const T extends Tables<DB, S> = Tables<DB, S>,
>(options: KyselySinkOptions<DB, S, T>): KyselySink<S> {
  // Types end here: what an increment names is known at run time alone.
  return sinkOf(resolve(options as unknown as KyselySinkOptions)) as unknown as KyselySink<S>;
}

function sinkOf(settings: Settings): KyselySink {
  const cleaner = new Cleaner(settings);
  const mappings = new Mappings(settings.dialect);
  const known = new Known();

  const sink: Sink = async (batch, context) => {
    const plan = planOf(batch, mappings, settings);
    if (isEmpty(plan)) return { rejected: [] };
    const outcome = await explaining(plan.groups, context, (setup, watch, tables) =>
      lackingNoNames(setup, plan, context, (known) =>
        deliver({ batch, plan: known, tables, settings, context, watch }),
      ),
    );
    report(batch, outcome, settings, context.logger);
    await cleaner.step(batch, context);
    return { rejected: rejectedOf(outcome, batch) };
  };

  /** Runs a task after checking its tables where needed. If it fails because of one of them, the error says why. */
  function explaining(
    groups: readonly Group[],
    context: SinkContext,
    task: (setup: Setup, watch: Watch, tables: KnownTables) => Promise<LedgerRecord>,
  ): Promise<LedgerRecord> {
    return watched(settings, context, async (watch) => {
      const setup = new Setup(settings, watch.db, known);
      try {
        return await task(setup, watch, await setup.check(groups));
      } catch (error) {
        throw watch.signal.aborted ? error : await setup.explain(error, groups, context.ageMs);
      }
    });
  }

  /** Runs a task again without the entries whose tables or columns are still not there when the batch has waited for them. */
  async function lackingNoNames(
    setup: Setup,
    plan: Plan,
    { signal, ageMs }: SinkContext,
    task: (plan: Plan) => Promise<LedgerRecord>,
  ): Promise<LedgerRecord> {
    try {
      return await task(plan);
    } catch (error) {
      if (signal.aborted || ageMs < settings.unknownAfterMs) throw error;
      const lacking = await setup.lacking(error, plan.groups);
      if (lacking.size === 0) throw error;
      return task(withoutLayouts(plan, lacking));
    }
  }

  return Object.assign(sink, {
    async giveUp(
      batch: Batch,
      { reason, ...context }: SinkContext & { reason: string },
    ): Promise<SinkResult> {
      const gaveUp: LedgerRecord = { gaveUp: reason };
      const outcome = await explaining([], context, (_, watch) =>
        inTransaction(watch, settings.dialect, { isAtOnce: false }, async (db) =>
          (await enter(db, settings, batch, gaveUp)) ? gaveUp : recorded(db, settings, batch),
        ),
      );
      report(batch, outcome, settings, context.logger);
      return { rejected: rejectedOf(outcome, batch) };
    },
    migrate: () => createLedger(settings.db, settings),
    // Without the pool: what was never used, `db.destroy()` would not end.
    validate: () =>
      watched(
        { ...settings, pool: undefined },
        { signal: new AbortController().signal, leaseMs: LEASE_MS },
        (watch) => new Setup(settings, watch.db, known).validate(),
      ),
  });
}

/** A batch that is to be applied, and what is known. */
interface Delivery {
  readonly batch: Batch;
  readonly plan: Plan;
  readonly tables: KnownTables;
  readonly settings: Settings;
  readonly context: SinkContext;
  readonly watch: Watch;
}

async function deliver(delivery: Delivery): Promise<LedgerRecord> {
  return (await deliverAtOnce(delivery)) ?? (await deliverInSteps(delivery));
}

/** Whether a newer worker may know the names that this one does not. */
function mayWait({ plan, settings, context }: Delivery): boolean {
  return plan.unknown.length > 0 && context.ageMs < settings.unknownAfterMs;
}

/**
 * Applies a batch of the usual kind. Returns `undefined` if it is to go step by step: it is none, a row was in the way, or
 * the tables have changed, which must not keep the ledger from saying that it was applied before.
 */
async function deliverAtOnce(delivery: Delivery): Promise<LedgerRecord | undefined> {
  const { batch, plan, tables, settings, watch } = delivery;
  const { dialect, ledger, isolateAfter } = settings;
  if (batch.attempt >= isolateAfter || mayWait(delivery)) return undefined;
  const outcome = outcomeOf([...plan.rejected, ...plan.unknown], [], settings);
  const apply = atOnce({ dialect, ledger, tables }, plan.groups, batch, outcome);
  if (apply === undefined) return undefined;
  try {
    return await inTransaction(watch, dialect, { isAtOnce: true }, async (db) =>
      (await apply(db, watch.signal)) ? outcome : recorded(db, settings, batch),
    );
  } catch (error) {
    const isInTheWay = error instanceof NotAtOnce || dialect.isInTheWay(error);
    if (isInTheWay || failureOf(error, dialect.classify) === 'setup') return undefined;
    throw error;
  }
}

async function deliverInSteps(delivery: Delivery): Promise<LedgerRecord> {
  const { batch, plan, tables, settings, context, watch } = delivery;
  const { dialect, ledger, isolateAfter } = settings;
  const { rejected, unknown } = plan;
  const enders = new Enders(plan.groups);
  const inOne = (): Promise<LedgerRecord> =>
    inTransaction(watch, dialect, { isAtOnce: false }, async (db) => {
      if (!(await enter(db, settings, batch, NOTHING_LEFT))) return recorded(db, settings, batch);
      if (mayWait(delivery)) throw unknownNames(batch, unknown, context, settings);
      const work: Work = { db, dialect, ledger, tables };
      const apply = batch.attempt >= isolateAfter ? applyApart : applyTogether;
      const { failed, missing } = await apply(work, enders.groups, watch.signal);
      const blamed = await blame(work, [...enders.failed, ...failed]);
      const outcome = outcomeOf([...rejected, ...unknown, ...blamed], missing, settings);
      await record(db, settings, batch, outcome);
      await confirm(db, settings, batch);
      return outcome;
    });
  for (;;) {
    try {
      return await inOne();
    } catch (error) {
      if (!enders.narrow(error)) throw error;
    }
  }
}

// Each entry may have a name of its own.
const MOST_SHOWN = 10;

function unknownNames(
  { id }: Batch,
  unknown: readonly Rejection[],
  { ageMs }: SinkContext,
  settings: Settings,
): SinkUnavailableError {
  const reasons = [...new Set(unknown.map(({ reason }) => reason))];
  const shown = reasons.slice(0, MOST_SHOWN).join(' ');
  const others = reasons.length > MOST_SHOWN ? ` And ${reasons.length - MOST_SHOWN} more.` : '';
  return new SinkUnavailableError(
    `The batch ${id} has names that this worker does not know. ${shown}${others} It waits for a newer worker, ${waitingFor(ageMs, settings)}.`,
    { code: 'ERR_SLUICE_SINK_UNKNOWN' },
  );
}

async function applyTogether(work: Work, groups: readonly Group[], signal: AbortSignal): Promise<Isolated> {
  const missing: Row[] = [];
  for (const group of groups) {
    signal.throwIfAborted();
    missing.push(...(await applyGroup(work, group)));
  }
  return { failed: [], missing };
}

function outcomeOf(unfit: readonly Rejection[], rows: readonly Row[], { missing }: Settings): LedgerRecord {
  const rejected = [...unfit];
  if (missing === 'reject') rejected.push(...rows.map(noRow));
  const unreported = missing === 'report' ? rows.map(({ index }) => index) : [];
  if (rejected.length === 0 && unreported.length === 0) return NOTHING_LEFT;
  return { rejected, missing: unreported };
}

function noRow({ index, layout: { model } }: Row): Rejection {
  return {
    index,
    reason: `Model ${JSON.stringify(model.name)}: no row of the table ${model.table.join('.')} has these filters.`,
  };
}

/** Reports entries without a row. The batch is committed, so a callback that throws is only logged. */
function report(batch: Batch, outcome: LedgerRecord, { onMissing }: Settings, logger: Logger): void {
  if ('gaveUp' in outcome || outcome.missing.length === 0) return;
  const entries = outcome.missing.map((index) => batch.entries[index] as Entry);
  if (onMissing === undefined) {
    const models = [...new Set(entries.map(({ model }) => model))].join(', ');
    logger.warn(`${entries.length} entries of batch ${batch.id} found no row to update (${models}).`);
    return;
  }
  const threw = (error: unknown): void => void logger.error(`onMissing threw: ${error}`);
  try {
    // An async function passes for one that returns nothing.
    const returned: unknown = onMissing({ batch, entries });
    Promise.resolve(returned).catch(threw);
  } catch (error) {
    threw(error);
  }
}
