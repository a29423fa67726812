import { buildStale } from './build.mjs';
import { install } from './install.mjs';
import { runMain } from './run.mjs';
import { installRedisServer, installServers } from './servers.mjs';

// Makes a fresh clone ready; does nothing where all is ready.

await runMain(async () => {
  await install();
  await buildStale();
  if (process.argv.includes('--servers')) await installServers();
  else if (process.argv.includes('--redis-server')) await installRedisServer();
});
