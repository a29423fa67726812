import { ProcessingError, SinkUnavailableError, SluiceError, type SluiceErrorCode } from '@sluice/core';
import type { Kysely } from 'kysely';
import { type Failure, failureOf, findInCauses, reasonOf } from '../dialects/failures.js';
import type { Settings } from '../options.js';
import type { Group } from '../plan/groups.js';
import type { Layout } from '../plan/layout.js';
import { waitingFor } from '../plan/plan.js';
import type { Suspicion, TableInfo } from './catalogue.js';
import {
  type Demand,
  demandOf,
  demandOfEntries,
  demandOfLayout,
  demandOfLedger,
  type Fault,
  faultsOf,
  hasColumns,
  type Language,
  silentFaultsOf,
} from './faults.js';
import type { Known } from './known.js';

/** What the database said of tables; `undefined` for one that was not there. */
export interface KnownTables {
  get(table: readonly string[]): TableInfo | undefined;
}

/** Checks that the tables of a database are what the sink needs, before the first batch, when one fails, and once a minute. */
export class Setup {
  readonly #settings: Settings;
  readonly #language: Language;
  readonly #known: Known;

  /** @param db where to look: a way to the database of `settings` */
  constructor(settings: Settings, db: Kysely<unknown>, known: Known) {
    this.#settings = settings;
    this.#language = { db, catalogue: settings.dialect.catalogue };
    this.#known = known;
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
   * The ledger and each layout are checked once a minute.
   * @returns the tables, for as long as one batch needs them: others may fail meanwhile, and forget what is known
   * @throws SinkUnavailableError `ERR_SLUICE_SINK_SETUP`
   */
  async check(groups: readonly Group[]): Promise<KnownTables> {
    this.#known.forgetIfOld();
    const { sound } = this.#known;
    const demands = new Map([['', demandOfLedger(this.#settings.ledger)]]);
    for (const layout of layoutsOf(groups)) demands.set(nameOf(layout), demandOfEntries(layout));
    const tables = new Map<string, TableInfo>();
    for (const [name, demand] of demands) {
      const isSound = sound.has(name);
      const info = await this.#look(demand, isSound);
      // If there is no table, its statement says so.
      if (info === undefined) continue;
      tables.set(textOf(demand.table), info);
      if (isSound) continue;
      const faults = silentFaultsOf(demand, info, this.#language);
      if (faults.length > 0) throw failed(faults);
      if (sound.size >= MOST_LAYOUTS) sound.clear();
      sound.add(name);
    }
    return { get: (table) => tables.get(textOf(table)) };
  }

  /** Describes a table, anew if it did not have a column that is named for the first time. */
  async #look(demand: Demand, isSound: boolean): Promise<TableInfo | undefined> {
    const { db, catalogue } = this.#language;
    const name = textOf(demand.table);
    const known = this.#known.tables.get(name);
    if (known !== undefined && (isSound || hasColumns(demand, known, this.#language))) return known;
    const info = await catalogue.describe(db, demand.table);
    if (info !== undefined) this.#known.tables.set(name, info);
    return info;
  }

  /**
   * The layouts that name a table or a column that the database does not have, if that may be why a batch failed: each with
   * what to do. The catalogue is asked anew.
   */
  async lacking(error: unknown, groups: readonly Group[]): Promise<ReadonlyMap<Layout, string>> {
    const { db, catalogue } = this.#language;
    const lacking = new Map<Layout, string>();
    if (this.#failureOf(error) !== 'setup' || this.#suspicionOf(error) !== 'suspect') return lacking;
    const describe = this.#describing();
    for (const layout of layoutsOf(groups)) {
      const demand = demandOfEntries(layout);
      const faults = await faultsOf(demand, await describe(demand.table), this.#language);
      const [name] = faults.filter(({ kind }) => kind === 'name');
      if (name === undefined) continue;
      const columns = demand.uses.map(({ column }) => column);
      if (!(await catalogue.isHidden(db, demand.table, columns))) lacking.set(layout, name.text);
    }
    return lacking;
  }

  /**
   * The error of a batch: a `SinkUnavailableError`, unless the data is at fault. If the set-up is, it says how, with the
   * driver's error as its cause.
   */
  async explain(error: unknown, groups: readonly Group[], ageMs: number): Promise<unknown> {
    // A table may have been changed since.
    this.#known.forget();
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
    if (suspicion === 'full') {
      const problem = 'The database has no room for more: free some on its disk, and the batch is applied';
      return refused('ERR_SLUICE_SINK_UNAVAILABLE', problem, error);
    }
    const suspects = await this.#suspectsOf(suspicion, groups);
    const isData = this.#failureOf(error) === 'data';
    const faults = suspects.filter(({ kind }) => !isData || kind === 'required');
    if (faults.length > 0) return failed(faults, error, this.#waits(faults, ageMs));
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
    const demands = [demandOfLedger(this.#settings.ledger), ...[...layoutsOf(groups)].map(demandOfLayout)];
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
      const name = textOf(table);
      if (!known.has(name)) known.set(name, await catalogue.describe(db, table));
      return known.get(name);
    };
  }

  /** How long a batch waits for names that the database does not have. */
  #waits(faults: readonly Fault[], ageMs: number): string {
    if (!faults.some(({ kind }) => kind === 'name')) return '';
    return `The batch waits for a migration, ${waitingFor(ageMs, this.#settings)}.`;
  }

  /** The error itself if the data is at fault. Whatever else it is, the database came to no verdict. */
  #verdictOf(error: unknown): unknown {
    const failure = this.#failureOf(error);
    if (failure === 'data') return error;
    if (failure === 'setup') {
      return refused(
        'ERR_SLUICE_SINK_SETUP',
        'The database cannot do what the batch needs, whatever its entries are: repair what it names; the batch waits',
        error,
      );
    }
    const message = `The database came to no verdict about the batch: ${reasonOf(error)}`;
    return new SinkUnavailableError(message, { cause: error });
  }

  #failureOf(error: unknown): Failure {
    return failureOf(error, this.#settings.dialect.classify);
  }

  #suspicionOf(error: unknown): Suspicion | undefined {
    return findInCauses(error, (one) => this.#language.catalogue.suspicionOf(one));
  }
}

// Names come from code, so there are few.
const MOST_LAYOUTS = 1000;

function textOf(table: readonly string[]): string {
  return JSON.stringify(table);
}

function layoutsOf(groups: readonly Group[]): ReadonlySet<Layout> {
  const layouts = new Set<Layout>();
  for (const group of groups) for (const { layout } of group) layouts.add(layout);
  return layouts;
}

function nameOf({ model, name }: Layout): string {
  return `${model.name} ${name}`;
}

// Names that increments make up may give any number of faults.
const MOST_SHOWN = 10;

function failed(faults: readonly Fault[], cause?: unknown, more = ''): SinkUnavailableError {
  const texts = faults.slice(0, MOST_SHOWN).map(({ text }) => text);
  if (faults.length > MOST_SHOWN) texts.push(`and ${faults.length - MOST_SHOWN} more`);
  const [only = '', ...others] = texts;
  const message =
    others.length === 0
      ? `${only}${more && ` ${more}`}`
      : `The database does not fit the sink:${texts.map((text) => `\n- ${text}`).join('')}${more && `\n${more}`}`;
  return new SinkUnavailableError(message, { code: codeOf(faults), ...(cause !== undefined && { cause }) });
}

function codeOf(faults: readonly Fault[]): SluiceErrorCode {
  if (faults.some(({ kind }) => kind === 'ledger')) return 'ERR_SLUICE_NO_LEDGER';
  return faults.every(({ kind }) => kind === 'rights') ? 'ERR_SLUICE_SINK_DENIED' : 'ERR_SLUICE_SINK_SETUP';
}

function refused(code: SluiceErrorCode, problem: string, cause: unknown): SinkUnavailableError {
  return new SinkUnavailableError(`${problem}. The database says: ${reasonOf(cause)}`, { code, cause });
}
