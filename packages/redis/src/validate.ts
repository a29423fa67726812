import { SluiceError, type Validation } from '@sluice/core';
import type { Connection } from './connection.js';
import type { Durability } from './durability.js';
import type { Finding } from './inspect/finding.js';
import { settingsOf } from './inspect/settings.js';

/**
 * Looks at the settings of all masters; advice names those that it is for, if there are several.
 * @throws SluiceError `ERR_SLUICE_UNSAFE_BACKEND` with the settings to change
 */
export async function validateServers(
  connection: Connection,
  durability: Durability | undefined,
): Promise<Validation> {
  const { findings, ...settings } = await settingsOf(connection, durability);
  const unsafe = findings.filter(({ isUnsafe }) => isUnsafe);
  if (unsafe.length > 0) throw new SluiceError('ERR_SLUICE_UNSAFE_BACKEND', unsafe.map(refusalOf).join('\n'));
  return { durability: settings.durability, advice: findings.map(adviceOf) };
}

function refusalOf({ problem, remedy, servers }: Finding): string {
  return `${['Redis', ...servers].join(' ')} cannot keep what is pending: ${problem} ${remedy}.`;
}

function adviceOf({ problem, remedy, servers }: Finding): string {
  const where = servers.length === 0 ? '' : ` (${servers.join(' ')})`;
  return `${[problem, remedy].filter((text) => text !== '').join(' ')}${where}`;
}
