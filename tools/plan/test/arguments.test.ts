import { expect, test } from 'vitest';
import { HELP, parse } from '../src/arguments.js';

const NEEDED = ['--rate', '1e6', '--targets', '1e5'];

test('numbers may be written as people write them', () => {
  expect(parse(['--rate', '1_000_000', '--targets', '100,000'])).toMatchObject({
    workload: { rate: 1e6, targets: 1e5 },
  });
  expect(parse(NEEDED)).toMatchObject({ workload: { rate: 1e6, targets: 1e5 } });
});

test('what is left out is as Sluice has it', () => {
  expect(parse(NEEDED)).toMatchObject({
    show: 'plan',
    workload: { processes: 50, zipf: 1, lingerMs: 10, intervalMs: 1000, batchSize: 1000 },
    given: {},
  });
});

test('partitions and nodes may be given', () => {
  expect(parse([...NEEDED, '--partitions', '16', '--nodes', '3'])).toMatchObject({
    given: { partitions: 16, nodes: 3 },
  });
});

test('the help names every option', () => {
  expect(parse(['--help'])).toBeUndefined();
  for (const option of ['rate', 'targets', 'outage', 'free', 'merging', 'costs', 'json'])
    expect(HELP).toContain(`--${option}`);
});

test.each([
  [[], '--rate is missing.'],
  [['--rate', '5'], '--targets is missing.'],
  [['--rate', 'many', '--targets', '1'], '--rate takes a number from 1 to 1,000,000,000,000, not "many".'],
  [
    ['--rate', '1e6', '--targets', '1.5'],
    '--targets takes a whole number from 1 to 1,000,000,000,000, not "1.5".',
  ],
  [[...NEEDED, '--zipf=-1'], '--zipf takes a number from 0 to 5, not "-1".'],
  [[...NEEDED, '--free', '40 %'], '--free takes a number from 0 to 0.99, not "40 %".'],
  [[...NEEDED, '--partitions', '5000'], '--partitions takes a whole number from 1 to 4,096, not "5000".'],
  [[...NEEDED, '--linger-ms', ''], '--linger-ms takes a number from 0 to 86,400,000, not "".'],
  [[...NEEDED, '--merging', '--json'], '--merging and --json do not go together.'],
])('%j: %s', (args, message) => {
  expect(() => parse(args)).toThrow(message);
});

test('an unknown option is named', () => {
  expect(() => parse([...NEEDED, '--lingerms', '5'])).toThrow("Unknown option '--lingerms'");
});
