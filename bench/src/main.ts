import { runCommand } from '@sluice/command';
import { HELP, parse } from './arguments.js';
import { inNewChild } from './measure.js';
import { report, writeResults } from './results.js';
import { runScenarios } from './run.js';

process.exitCode = await runCommand({
  help: HELP,
  parse,
  async run({ out, ...options }, onProgress) {
    try {
      const results = await runScenarios({ ...options, measure: inNewChild, onProgress });
      await writeResults(out, results);
      console.log(`\n${report(results)}\n\nWritten to ${out}`);
      return 0;
    } catch (error) {
      console.error(error instanceof Error ? error.message : error);
      return 1;
    }
  },
});
