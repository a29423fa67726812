import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Command, runCommand } from '../src/index.js';

const output: string[] = [];

beforeEach(() => {
  output.length = 0;
  for (const stream of ['log', 'error'] as const)
    vi.spyOn(console, stream).mockImplementation((text) => void output.push(`${stream}: ${text}`));
});
afterEach(() => vi.restoreAllMocks());

const command: Command<string> = {
  help: 'how to use it',
  parse([first = '']) {
    if (first === 'wrong') throw new Error('no such argument');
    return first === '--help' ? undefined : first;
  },
  async run(options, onProgress) {
    onProgress(`doing ${options}`);
    return 7;
  },
};

test('a command runs with what its arguments ask for, and decides its exit code', async () => {
  expect(await runCommand(command, ['this'])).toBe(7);
  expect(output).toEqual(['log:    0 s  doing this']);
});

test('it explains itself when asked to', async () => {
  expect(await runCommand(command, ['--help'])).toBe(0);
  expect(output).toEqual(['log: how to use it']);
});

test('wrong arguments get an error and the help', async () => {
  expect(await runCommand(command, ['wrong'])).toBe(2);
  expect(output).toEqual(['error: no such argument\n\nhow to use it']);
});
