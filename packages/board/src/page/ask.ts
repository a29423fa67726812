import { type Failure, PAGE_HEADER } from '../wire.js';

/** Longer than the server takes for anything but an action on a slow backend. */
const TIMEOUT_MS = 60_000;

/** Asks the server. Rejects with an Error whose message is for the user. */
export async function ask<T>(path: string, body?: unknown): Promise<T> {
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const headers = { 'content-type': 'application/json', [PAGE_HEADER]: '1' };
  let response: Response;
  try {
    response = await fetch(`api/${path}`, { ...init, headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch {
    throw new Error("The board's server does not reply, or you are signed out.");
  }
  const reply = (await response.json().catch(() => undefined)) as T | Partial<Failure> | undefined;
  if (response.ok && reply !== undefined) return reply as T;
  // A sign-in in front of the board replies with its own page.
  if (response.ok)
    throw new Error('This is no reply of the board: you may be signed out. Load the page again.');
  throw new Error(
    (reply as Partial<Failure> | undefined)?.error ??
      `The board's server replied with status ${response.status}.`,
  );
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
