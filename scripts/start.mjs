import { run, runMain } from './run.mjs';
import { setUp } from './setup.mjs';

await runMain(async () => {
  await setUp();
  return run(process.execPath, ['--import', 'tsx', 'examples/quickstart/main.ts', ...process.argv.slice(2)]);
});
