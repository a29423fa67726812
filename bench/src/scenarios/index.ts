import type { Scenario } from '../scenario.js';
import { blocking } from './blocking.js';
import { cold } from './cold.js';
import { footprint } from './footprint.js';
import { growth } from './growth.js';
import { hot } from './hot.js';
import { idle } from './idle.js';
import { latency } from './latency.js';
import { memoryBackend } from './memory-backend.js';
import { nodes } from './nodes.js';
import { pauses } from './pauses.js';
import { fleetOfMany, rates } from './rates.js';
import { shapes } from './shapes.js';
import { sinks } from './sinks.js';
import { sql } from './sql.js';
import { telemetry } from './telemetry.js';
import { unitCosts } from './unit-costs.js';

export const SCENARIOS: readonly Scenario[] = [
  hot,
  cold,
  sql,
  sinks,
  latency,
  rates,
  fleetOfMany,
  memoryBackend,
  telemetry,
  growth,
  idle,
  blocking,
  shapes,
  nodes,
  pauses,
  unitCosts,
  footprint,
];
