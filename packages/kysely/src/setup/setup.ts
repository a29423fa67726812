import { ProcessingError, SinkUnavailableError, SluiceError, type SluiceErrorCode } from '@sluice/core';
import type { Kysely } from 'kysely';
import { failureOf, findInCauses, reasonOf } from '../dialects/failures.js';
import type { Settings } from '../options.js';
import type { Group } from '../plan/groups.js';
import type { Layout } from '../plan/layout.js';
import type { Suspicion, TableInfo } from './catalogue.js';
import {
  type Demand,
  demandOf,
  demandOfLayout,
  demandOfLedger,
  type Fault,
  faultsOf,
  type Language,
  silentFaultsOf,
} from './faults.js';

/** What the database said of tables; `undefined` for one that was not there. */
export interface KnownTables {
  get(table: readonly string[]): TableInfo | undefined;
}

/** What the database said of its tables until a batch fails: what batches share. */
export interface Known {
  readonly tables: Map<string, TableInfo>;
  /** Names of demands whose tables were checked; the ledger has the empty one. */
  readonly sound: Set<string>;
}

/** Checks that the tables of a database are what the sink needs, before the first batch and when one fails. */
export class Setup {
  readonly #settings: Settings;
  readonly #language: Language;
  readonly #sound: Set<string>;
  readonly #tables: Map<string, TableInfo>;

  /** @param db where to look: a way to the database of `settings` */
  constructor(settings: Settings, db: Kysely<unknown>, { tables, sound }: Known) {
    this.#settings = settings;
    this.#language = { db, catalogue: settings.dialect.catalogue };
    this.#sound = sound;
    this.#tables = tables;
  }

  /** @throws SluiceError `ERR_SLUICE_SINK_SETUP` with all faults, one a line */
  async validate(): Promise<void> {
    const { ledger, models } = this.#settings;
    const faults = await this.#faultsOf([demandOfLedger(ledger), ...[...models.values()].map(demandOf)]);
    if (faults.length === 0) return;
    const count = faults.length === 1 ? 'is a fault' : `are ${faults.length} faults`;
    throw new SluiceError(
      'ERR_SLUICE_SINK_SETUP',
      `The database does not fit the sink; there ${count}:\n${faults.map(({ text }) => `- ${text}`).join('\n')}`,
    );
  }

  /**
   * Looks for faults that the database lets pass: it would insert a second row, enter a batch twice, or keep half of one.
   * The ledger and each layout are checked once.
   * @returns the tables, for as long as one batch needs them: others may fail meanwhile, and forget what is known
   * @throws ProcessingError `ERR_SLUICE_SINK_SETUP`
   */
  async check(groups: readonly Group[]): Promise<KnownTables> {
    const tables = new Map<string, TableInfo>();
    const demands = new Map([['', demandOfLedger(this.#settings.ledger)]]);
    for (const layout of layoutsOf(groups)) demands.set(nameOf(layout), demandOfLayout(layout));
    for (const [name, demand] of demands) {
      const info = await this.#look(demand.table);
      // If there is no table, its statement says so.
      if (info === undefined) continue;
      tables.set(JSON.stringify(demand.table), info);
      if (this.#sound.has(name)) continue;
      const faults = silentFaultsOf(demand, info, this.#language);
      if (faults.length > 0) throw failed(faults);
      if (this.#sound.size >= MOST_LAYOUTS) this.#sound.clear();
      this.#sound.add(name);
    }
    return { get: (table) => tables.get(JSON.stringify(table)) };
  }

  async #look(table: readonly string[]): Promise<TableInfo | undefined> {
    const { db, catalogue } = this.#language;
    const name = JSON.stringify(table);
    const info = this.#tables.get(name) ?? (await catalogue.describe(db, table));
    if (info !== undefined) this.#tables.set(name, info);
    return info;
  }

  /**
   * The error of a batch: a `SinkUnavailableError`, unless the data or the tables are known to be at fault. If the set-up
   * is, it says how, with the driver's error as its cause.
   */
  async explain(error: unknown, groups: readonly Group[]): Promise<unknown> {
    // A table may have been changed since.
    this.#tables.clear();
    this.#sound.clear();
    if (error instanceof ProcessingError) return error;
    const suspicion = this.#suspicionOf(error);
    if (suspicion === undefined) return this.#verdictOf(error);
    if (suspicion === 'readonly') {
      return refused(
        'ERR_SLUICE_SINK_READONLY',
        'The database takes no writes: connect to the primary, and make sure that the file or the user may write',
        error,
      );
    }
    const faults = await this.#suspectsOf(suspicion, groups);
    if (faults.length > 0) return failed(faults, error);
    if (suspicion === 'suspect') return this.#verdictOf(error);
    return refused(
      'ERR_SLUICE_SINK_DENIED',
      [
        'The database user lacks a right: grant select, insert and update on the tables,',
        'delete on the ledger, too, and what defaults and triggers use',
      ].join(' '),
      error,
    );
  }

  /** The faults that may be behind an error: which right is missing is not known where tables are hidden. */
  async #suspectsOf(suspicion: Suspicion, groups: readonly Group[]): Promise<readonly Fault[]> {
    if (suspicion === 'denied' && this.#language.catalogue.hidesTables) return [];
    const demands = [demandOfLedger(this.#settings.ledger), ...layoutsOf(groups).map(demandOfLayout)];
    // The first error is the one to report, even if this fails.
    return this.#faultsOf(demands).catch(() => []);
  }

  async #faultsOf(demands: readonly Demand[]): Promise<Fault[]> {
    const describe = this.#describing();
    const faults = new Map<string, Fault>();
    for (const demand of demands) {
      const info = await describe(demand.table);
      for (const fault of await faultsOf(demand, info, this.#language)) faults.set(fault.text, fault);
    }
    return [...faults.values()];
  }

  /** Looks each table up once: entries of a batch may have many sets of columns. */
  #describing(): (table: readonly string[]) => Promise<TableInfo | undefined> {
    const { db, catalogue } = this.#language;
    const known = new Map<string, TableInfo | undefined>();
    return async (table) => {
      const name = JSON.stringify(table);
      if (!known.has(name)) known.set(name, await catalogue.describe(db, table));
      return known.get(name);
    };
  }

  /** The error itself if the data is at fault. Whatever else it is, the database came to no verdict. */
  #verdictOf(error: unknown): unknown {
    if (failureOf(error, this.#settings.dialect.classify) === 'data') return error;
    const message = `The database came to no verdict about the batch: ${reasonOf(error)}`;
    return new SinkUnavailableError(message, { cause: error });
  }

  #suspicionOf(error: unknown): Suspicion | undefined {
    return findInCauses(error, (one) => this.#language.catalogue.suspicionOf(one));
  }
}

// Names come from code, so there are few.
const MOST_LAYOUTS = 1000;

function layoutsOf(groups: readonly Group[]): Layout[] {
  return [...new Map(groups.flat().map(({ layout }) => [layout, layout])).values()];
}

function nameOf({ model, name }: Layout): string {
  return `${model.name} ${name}`;
}

// Names that increments make up may give any number of faults.
const MOST_SHOWN = 10;

function failed(faults: readonly Fault[], cause?: unknown): ProcessingError {
  const texts = faults.slice(0, MOST_SHOWN).map(({ text }) => text);
  if (faults.length > MOST_SHOWN) texts.push(`and ${faults.length - MOST_SHOWN} more`);
  const [only = '', ...others] = texts;
  const message =
    others.length === 0
      ? only
      : `The database does not fit the sink:${texts.map((text) => `\n- ${text}`).join('')}`;
  const code = codeOf(faults);
  const options = cause === undefined ? {} : { cause };
  // What is missing of the tables may be missing for this data alone: a name that an increment made up.
  if (code === 'ERR_SLUICE_SINK_SETUP') return new ProcessingError(code, message, options);
  return new SinkUnavailableError(message, { ...options, code });
}

function codeOf(faults: readonly Fault[]): SluiceErrorCode {
  if (faults.some(({ kind }) => kind === 'ledger')) return 'ERR_SLUICE_NO_LEDGER';
  return faults.every(({ kind }) => kind === 'rights') ? 'ERR_SLUICE_SINK_DENIED' : 'ERR_SLUICE_SINK_SETUP';
}

function refused(code: SluiceErrorCode, problem: string, cause: unknown): SinkUnavailableError {
  return new SinkUnavailableError(`${problem}. The database says: ${reasonOf(cause)}`, { code, cause });
}
