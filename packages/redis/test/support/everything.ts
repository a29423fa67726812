import { inspect } from 'node:util';

const DEEP = {
  depth: Number.POSITIVE_INFINITY,
  showHidden: true,
  getters: true,
  maxStringLength: null,
  maxArrayLength: null,
} as const;

/** All that a log could show of a value: its text, its JSON, and what inspecting it shows, hidden properties included. */
export function everything(value: unknown): string {
  const { stack, message } = Object(value) as { stack?: unknown; message?: unknown };
  return [String(value), message, stack, jsonOf(value), inspect(value, DEEP)].join('\n');
}

function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    return '';
  }
}
