import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { rehearse } from './rehearsal.mjs';
import { root, runMain, runVisibly } from './run.mjs';

// `npm run release` checks, tests and publishes. `-- --dry-run` shows what it would publish instead, and runs the table of
// compatibility on that; words after it choose lines of the table.

/** Stays, to be installed from; git ignores it. */
const OUT = join(root, '.cache/release');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'dry-run': { type: 'boolean', default: false } },
});

await runMain(async () => {
  if (values['dry-run']) await show();
  else await publish();
});

async function publish() {
  await runVisibly('npm', ['run', 'check']);
  await runVisibly('npm', ['test']);
  await runVisibly('npx', ['changeset', 'publish']);
}

async function show() {
  const releases = await rehearse(OUT);
  for (const { name, from, version, filename, size, files } of releases) {
    console.log(`${name}  ${from === version ? version : `${from} → ${version}`}`);
    console.log(`  ${filename}, ${inKB(size)}`);
    for (const file of files) console.log(`    ${inKB(file.size).padStart(10)}  ${file.path}`);
  }
  for (const changelog of new Set(releases.map(({ changelog }) => changelog))) {
    const names = releases.filter((release) => release.changelog === changelog).map(({ name }) => name);
    console.log(`\nChangelog of ${names.join(', ')}:\n\n${changelog || 'nothing new'}`);
  }
  console.log(`\nThe archives are in ${OUT}. The table of compatibility, on these:\n`);
  await runVisibly('npm', ['run', '--silent', 'compat', '--', '--packages', OUT, ...positionals]);
}

/** @param {number} bytes */
function inKB(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`;
}
