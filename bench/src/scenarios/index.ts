import type { Scenario } from '../scenario.js';
import { blocking } from './blocking.js';
import { cold } from './cold.js';
import { footprint } from './footprint.js';
import { growth } from './growth.js';
import { hot } from './hot.js';
import { idle } from './idle.js';
import { latency } from './latency.js';
import { memoryBackend } from './memory-backend.js';
import { fleetOfMany, rates } from './rates.js';
import { shapes } from './shapes.js';
import { sinks } from './sinks.js';
import { sql } from './sql.js';

export const SCENARIOS: readonly Scenario[] = [
  hot,
  cold,
  sql,
  sinks,
  latency,
  rates,
  fleetOfMany,
  memoryBackend,
  growth,
  idle,
  blocking,
  shapes,
  footprint,
];
