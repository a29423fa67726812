import { runCommand } from '@sluice/command';
import { HELP, parse } from './arguments.js';
import { Laboratory } from './laboratory.js';
import { report, succeeded } from './report.js';

process.exitCode = await runCommand({
  help: HELP,
  parse,
  async run({ plan, ...options }, onProgress) {
    await using laboratory = await Laboratory.open([plan.database]);
    const result = await laboratory.run(plan, { ...options, onProgress });
    console.log(`\n${report(result)}`);
    return succeeded(result) ? 0 : 1;
  },
});
