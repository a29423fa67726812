import { InvalidInputError } from '@sluice/core';
import { listed, quote } from './plan/unmapped.js';

export function invalid(option: string, expected: string): InvalidInputError {
  return new InvalidInputError(
    'ERR_SLUICE_INVALID_OPTION',
    `The option ${JSON.stringify(option)} of kyselySink must be ${expected}.`,
  );
}

/** A name that is misspelt would quietly mean the default. */
export function refuseUnknown(path: string, given: object, known: readonly string[]): void {
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new InvalidInputError(
    'ERR_SLUICE_INVALID_OPTION',
    `kyselySink has no option ${quote(path + unknown)}; there are ${listed(known)}.`,
  );
}

/** The name of a table in parts, as identifiers are quoted. */
export function partsOf(option: string, name: string | readonly string[]): readonly string[] {
  const parts = typeof name === 'string' ? name.split('.') : name;
  if (Array.isArray(parts) && parts.length > 0 && parts.every(isName)) return parts;
  throw invalid(option, 'the name of a table');
}

export function isName(name: unknown): name is string {
  // As a name in an object, __proto__ would set a prototype.
  return typeof name === 'string' && name !== '' && name !== '__proto__';
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
