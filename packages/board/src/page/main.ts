import 'uplot/dist/uPlot.min.css';
import './board.css';
import type { State } from '../wire.js';
import { ask, messageOf } from './ask.js';
import { showBatches } from './batches.js';
import { Heat } from './heat.js';
import { Letters } from './letters.js';
import { Plots } from './plots.js';
import { showStatus, showUnreachable } from './status.js';
import { TargetForm } from './target.js';
import { showTotals } from './totals.js';

/** How long to wait after the server did not reply, in milliseconds. */
const RETRY_MS = 2000;

const plots = new Plots();
const target = new TargetForm();
const letters = new Letters((entry) => target.fill(entry));
const heat = new Heat((partition) => letters.showPartition(partition));

/** Asks for the state, and shows it; returns when to ask again, in milliseconds. */
async function update(): Promise<number> {
  try {
    const state = await ask<State>(`state?since=${plots.since}`);
    show(state);
    return state.againInMs;
  } catch (error) {
    showUnreachable(messageOf(error));
    return RETRY_MS;
  }
}

function show(state: State): void {
  showStatus(state);
  showTotals(state);
  plots.add(state.history);
  if (state.snapshot === undefined) return;
  heat.show(state.snapshot.partitions);
  showBatches(state.snapshot.partitions);
  void letters.show(state.snapshot.dead);
}

async function run(): Promise<void> {
  let hasRights = false;
  for (;;) {
    await untilVisible();
    const againInMs = await update();
    // Also after the server could not be reached at first.
    if (!hasRights)
      hasRights = await letters.loadRights().then(
        () => true,
        () => false,
      );
    await new Promise((resolve) => setTimeout(resolve, againInMs));
  }
}

/** Nothing is asked for a page that nobody sees. */
async function untilVisible(): Promise<void> {
  while (document.hidden) {
    await new Promise((resolve) => document.addEventListener('visibilitychange', resolve, { once: true }));
  }
}

void run();
