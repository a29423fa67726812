import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { BIN } from './support/cli.js';

test('the package holds the program alone, and no board', () => {
  expect(readdirSync(dirname(BIN))).toEqual(['main.js']);
});
