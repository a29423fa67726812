import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROWS } from './src/lines.js';
import { KeptChildren, type Measure } from './src/measure.js';
import { report, writeResults } from './src/results.js';
import { type Results, runScenarios } from './src/run.js';
import { SMOKE } from './src/sizes.js';

const TIMEOUT_MS = 480_000;
const PLOTS = ['cold.svg', 'growth.svg', 'hot-in.svg', 'latency.svg', 'linger.svg'];

describe('the benchmark', () => {
  let results: Results;
  let folder: string;
  const progress: string[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-bench-'));
    const onProgress = (line: string): void => void progress.push(line);
    await using children = new KeptChildren();
    const measure: Measure = (name, settings) => children.measure(name, settings);
    results = await runScenarios({ sizes: SMOKE, rounds: 1, rows: [], measure, onProgress });
    await writeResults(folder, results);
  }, TIMEOUT_MS);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('has figures for every row', () => {
    const lines = results.outcomes.flatMap((outcome) => [...outcome.lines, ...(outcome.alternatives ?? [])]);
    expect(new Set(lines.map(({ row }) => row))).toEqual(new Set(ROWS));
    for (const { sluice, peer, ratio } of lines) {
      for (const spread of [sluice, peer?.figure, ratio]) {
        for (const value of Object.values(spread ?? {})) expect(value).toSatisfy(Number.isFinite);
      }
    }
  });

  it('shows each measurement', () => {
    const measured = results.outcomes.flatMap(({ samples }) => Object.values(samples).flat());
    expect(progress).toHaveLength(measured.length);
  });

  it('writes a table that names all rows', async () => {
    const table = await readFile(join(folder, 'table.md'), 'utf8');
    expect(table).toBe(`${report(results)}\n`);
    for (const row of ROWS) expect(table).toContain(`| ${row} `);
  });

  it('writes every sample', async () => {
    const { scenarios } = JSON.parse(await readFile(join(folder, 'results.json'), 'utf8'));
    expect(scenarios).toHaveLength(results.outcomes.length);
    expect(scenarios[0].samples).toEqual(results.outcomes[0]?.samples);
  });

  it('draws plots', async () => {
    const files = (await readdir(folder)).filter((name) => name.endsWith('.svg'));
    expect(files.sort()).toEqual(PLOTS);
    const plots = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')));
    expect(plots.filter((text) => !text.startsWith('<svg ') || !text.endsWith('</svg>'))).toEqual([]);
  });
});
