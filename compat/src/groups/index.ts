import type { Group } from '../group.js';
import { bundles } from './bundles.js';
import { exports } from './exports.js';
import { managers } from './managers.js';
import { nodes } from './nodes.js';
import { peers } from './peers.js';
import { runners } from './runners.js';
import { services } from './services.js';
import { terminal } from './terminal.js';
import { typescript } from './typescript.js';

export const groups: readonly Group[] = [
  exports,
  ...nodes,
  ...peers,
  ...typescript,
  runners,
  terminal,
  ...bundles,
  ...managers,
  ...services,
];
