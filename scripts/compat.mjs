import { run, runMain } from './run.mjs';
import { setUp } from './setup.mjs';

await runMain(async () => {
  await setUp({ redisServer: true });
  return run(process.execPath, ['--import', 'tsx', 'compat/src/main.ts', ...process.argv.slice(2)]);
});
