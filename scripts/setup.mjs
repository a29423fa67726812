import { buildStale } from './build.mjs';
import { generateExamples } from './examples.mjs';
import { installFaketime } from './faketime.mjs';
import { install } from './install.mjs';
import { runMain } from './run.mjs';
import { installOptionalServers, installRedisServer } from './servers.mjs';

// Makes a fresh clone ready; does nothing where all is ready.

await runMain(async () => {
  await install();
  await buildStale();
  if (process.argv.includes('--examples')) await generateExamples();
  if (process.argv.includes('--redis-server')) await installRedisServer();
  if (process.argv.includes('--servers')) await installOptionalServers();
  if (process.argv.includes('--faketime')) await installFaketime();
});
