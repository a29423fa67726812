import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Group } from './group.js';
import { groups } from './groups/index.js';
import { packAll, packedIn } from './packages.js';
import { Project } from './project.js';
import { runGroup, select } from './runner.js';
import { Servers } from './servers.js';
import { printFailures, printRow, type Result } from './table.js';

/** Projects that are installed and run at a time. */
const CONCURRENCY = 2;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    keep: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    // A folder of archives to run on, in place of new ones.
    packages: { type: 'string' },
  },
});
const selected = select(groups, positionals);
const names = selected.flatMap(({ lines }) => lines.map(({ name }) => name));

if (values.list) console.log(names.join('\n'));
else if (names.length === 0)
  throw new Error(`No line has ${positionals.join(' or ')} in its name. See --list.`);
else await runAll(selected);

async function runAll(wanted: readonly Group[]): Promise<void> {
  const startedAt = performance.now();
  const width = Math.max(...names.map(({ length }) => length));
  const results: Result[] = [];
  const onResult = (result: Result): void => {
    results.push(result);
    printRow(result, width);
  };
  const archives = await Project.create();
  const servers = await Servers.start();
  try {
    const packed = await (values.packages ? packedIn(resolve(values.packages)) : packAll(archives.folder));
    const waiting = [...wanted];
    const runNext = async (): Promise<void> => {
      for (let group = waiting.shift(); group !== undefined; group = waiting.shift())
        await runGroup(group, { packed, servers, keep: values.keep, onResult });
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, runNext));
  } finally {
    await servers.stop();
    if (!values.keep) await archives.remove();
  }
  printFailures(results);
  const failed = results.filter(({ outcome }) => outcome instanceof Error).length;
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  console.log(`\n${results.length - failed} ok, ${failed} failed, ${seconds} s`);
  process.exitCode = failed === 0 ? 0 : 1;
}
