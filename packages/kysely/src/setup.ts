import { type Batch, ProcessingError, SluiceError, type SluiceErrorCode } from '@sluice/core';
import { type Catalogue, catalogueOf, type Suspicion } from './dialects/catalogue.js';
import { reasonOf } from './failures.js';
import {
  type Demand,
  demandOf,
  demandOfLayout,
  demandOfLedger,
  type Fault,
  faultsOf,
  silentFaultsOf,
} from './faults.js';
import type { Group } from './groups.js';
import type { Layout } from './layout.js';
import type { Settings } from './options.js';

/** Checks that the tables of a database are what the sink needs, before the first batch and when one fails. */
export class Setup {
  readonly #settings: Settings;
  readonly #catalogue: Catalogue;
  /** Names of layouts whose tables were looked at; the ledger has the empty one. */
  readonly #sound = new Set<string>();

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#catalogue = catalogueOf(settings.dialect);
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
   * Looks for faults that the database lets pass: MySQL would insert a second row, enter a batch twice, or keep half of
   * one. The ledger and each layout are looked at once.
   * @throws ProcessingError `ERR_SLUICE_SINK_SETUP`
   */
  async check(batch: Batch, groups: readonly Group[]): Promise<void> {
    if (!this.#catalogue.isSilent) return;
    await this.#checkOnce('', batch, () => demandOfLedger(this.#settings.ledger));
    for (const layout of layoutsOf(groups)) {
      await this.#checkOnce(layout.name, batch, () => demandOfLayout(layout));
    }
  }

  async #checkOnce(name: string, batch: Batch, demand: () => Demand): Promise<void> {
    if (this.#sound.has(name)) return;
    const faults = await silentFaultsOf(this.#settings.db, this.#catalogue, demand());
    // If there is no table, its statement says so.
    if (faults === undefined) return;
    if (faults.length > 0) throw failed(batch, faults);
    if (this.#sound.size >= MOST_LAYOUTS) this.#sound.clear();
    this.#sound.add(name);
  }

  /** The error of a batch; if the set-up is at fault, one that says how, with the driver's as its cause. */
  async explain(error: unknown, batch: Batch, groups: readonly Group[]): Promise<unknown> {
    switch (this.#suspicionOf(error)) {
      case undefined:
        return error;
      case 'readonly':
        return refused(
          'ERR_SLUICE_SINK_READONLY',
          batch,
          'the database takes no writes: connect to the primary, and make sure that the file or the user may write',
          error,
        );
      case 'suspect':
      case 'denied': {
        const demands = [demandOfLedger(this.#settings.ledger), ...layoutsOf(groups).map(demandOfLayout)];
        // The first error is the one to report, whatever becomes of this.
        const faults = await this.#faultsOf(demands).catch(() => []);
        if (faults.length > 0) return failed(batch, faults, error);
        if (this.#suspicionOf(error) === 'suspect') return error;
        return refused(
          'ERR_SLUICE_SINK_DENIED',
          batch,
          'the database user lacks a right: grant select, insert and update on the tables, and delete on the ledger, too',
          error,
        );
      }
    }
  }

  async #faultsOf(demands: readonly Demand[]): Promise<Fault[]> {
    const faults = new Map<string, Fault>();
    for (const demand of demands) {
      for (const fault of await faultsOf(this.#settings.db, this.#catalogue, demand)) {
        faults.set(fault.text, fault);
      }
    }
    return [...faults.values()];
  }

  #suspicionOf(error: unknown): Suspicion | undefined {
    for (let depth = 0; depth < 5 && typeof error === 'object' && error !== null; depth += 1) {
      const suspicion = this.#catalogue.suspicionOf(error as Record<string, unknown>);
      if (suspicion !== undefined) return suspicion;
      error = (error as { cause?: unknown }).cause;
    }
    return undefined;
  }
}

// Names come from code, so there are few.
const MOST_LAYOUTS = 1000;

function layoutsOf(groups: readonly Group[]): Layout[] {
  return [...new Map(groups.map(([{ layout }]) => [layout.name, layout])).values()];
}

function failed({ id }: Batch, faults: readonly Fault[], cause?: unknown): ProcessingError {
  const texts = faults.map(({ text }) => text);
  const list = texts.length === 1 ? ` ${texts[0]}` : texts.map((text) => `\n- ${text}`).join('');
  return new ProcessingError(codeOf(faults), `Batch ${id} cannot be applied.${list}`, { cause });
}

function codeOf(faults: readonly Fault[]): SluiceErrorCode {
  if (faults.some(({ kind }) => kind === 'ledger')) return 'ERR_SLUICE_NO_LEDGER';
  return faults.every(({ kind }) => kind === 'rights') ? 'ERR_SLUICE_SINK_DENIED' : 'ERR_SLUICE_SINK_SETUP';
}

function refused(code: SluiceErrorCode, { id }: Batch, problem: string, cause: unknown): ProcessingError {
  return new ProcessingError(
    code,
    `Batch ${id} cannot be applied: ${problem}. The database says: ${reasonOf(cause)}`,
    { cause },
  );
}
