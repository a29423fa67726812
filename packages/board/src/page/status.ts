import type { State } from '../wire.js';
import { byId } from './dom.js';
import { duration, timeOf } from './format.js';

/** What is said of how true the page is. */
interface Said {
  readonly state: 'live' | 'waiting' | 'away';
  readonly text: string;
  /** What is wrong, and what to do about it. */
  readonly trouble?: string;
}

/** Says whether what the page shows is what is. */
export function showStatus(state: State): void {
  say(saidOf(state));
}

/** The server of the board cannot be reached, or refuses. */
export function showUnreachable(message: string): void {
  say({ state: 'away', text: 'Not live', trouble: `${message} Trying again.` });
}

function saidOf({ health, snapshot, trouble, missing }: State): Said {
  const at = snapshot === undefined ? 'nothing yet' : `as of ${timeOf(snapshot.at)}`;
  if (health.status === 'closed') {
    const remedy = 'The buffer of this board is closed. Restart the process that serves it.';
    return { state: 'away', text: `Closed, ${at}`, trouble: remedy };
  }
  if (trouble !== undefined) {
    const since = health.failingForMs > 0 ? ` for ${duration(health.failingForMs)}` : '';
    return { state: 'away', text: `Backend away${since}, ${at}`, trouble };
  }
  if (snapshot === undefined) return { state: 'waiting', text: 'Waiting for the backend …' };
  if (missing !== undefined) return { state: 'away', text: `In part, ${at}`, trouble: missing };
  return { state: 'live', text: `Live, ${at}` };
}

function say({ state, text, trouble = '' }: Said): void {
  const status = byId('status');
  // A change of the state is read aloud, but not each second's time.
  status.setAttribute('aria-live', status.dataset.state === state ? 'off' : 'polite');
  status.dataset.state = state;
  status.textContent = text;
  const box = byId('trouble');
  box.hidden = trouble === '';
  // An alert is read aloud when its text is set.
  if (box.textContent !== trouble) box.textContent = trouble;
}
