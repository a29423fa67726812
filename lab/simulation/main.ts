import { runCommand } from '@sluice/command';
import { startRedisServer } from '@sluice/testing';
import { type Arguments, HELP, parse } from './arguments.js';
import { campaign, type Summary } from './campaign.js';
import { report } from './report.js';
import { memoryStore, RedisStores } from './store.js';

/** Runs between two lines of progress. */
const LINE_EVERY = 500;

process.exitCode = await runCommand({
  help: HELP,
  parse,
  async run(options, onProgress) {
    const onRun = (runs: number): void => {
      if (runs % LINE_EVERY === 0) onProgress(`${runs} runs`);
    };
    const summary = await simulate({ ...options, onRun });
    console.log(`\n${report(summary)}`);
    if (options.trace) console.log(summary.last?.trace.about([]).join('\n'));
    return summary.last?.violations.length ? 1 : 0;
  },
});

async function simulate(options: Arguments & { readonly onRun: (runs: number) => void }): Promise<Summary> {
  if (options.backend === 'memory') return campaign(memoryStore, options);
  await using server = await startRedisServer();
  using stores = new RedisStores(server.url);
  // Without `await` the server would be stopped at once.
  return await campaign(stores.open, options);
}
