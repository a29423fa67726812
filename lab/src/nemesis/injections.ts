import { clockFaults } from './clock-faults.js';
import { clusterFaults } from './cluster-faults.js';
import { connectionFaults } from './connection-faults.js';
import type { Fault } from './faults.js';
import { mariadbFaults } from './mariadb-faults.js';
import { postgresFaults } from './postgres-faults.js';
import { processFaults } from './process-faults.js';
import { redisFaults } from './redis-faults.js';
import { sentinelFaults } from './sentinel-faults.js';
import type { Injection, System } from './system.js';

/** How each fault is injected into a system. */
export function injectionsInto(system: System): Readonly<Record<Fault, Injection>> {
  return {
    ...connectionFaults(system),
    ...processFaults(system),
    ...clockFaults(system),
    ...redisFaults(system),
    ...postgresFaults(system),
    ...mariadbFaults(system),
    ...clusterFaults(system),
    ...sentinelFaults(system),
  };
}
