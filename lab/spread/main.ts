import { runCommand } from '@sluice/command';
import { HELP, parse } from './arguments.js';
import { PARTITIONS, spread, WORKERS } from './spread.js';

process.exitCode = await runCommand({
  help: HELP,
  parse,
  async run(options, onProgress) {
    const { kills, drift, wrongRows, mostJobs, looks, jobs, exitCodes } = await spread(options, onProgress);
    console.log(`
increments  ${options.increments}, applied by ${WORKERS} processes over BullMQ
killed      ${kills} times, while it applied a batch
drift       ${drift}, in ${wrongRows} rows
jobs        at most ${mostJobs} at a time, of ${PARTITIONS} partitions, in ${looks} looks; ${jobs} are left
exit codes  ${exitCodes.join(', ')}`);
    const isRight = drift === 0 && wrongRows === 0 && mostJobs <= PARTITIONS && jobs === 0;
    return isRight && exitCodes.every((code) => code === 0) ? 0 : 1;
  },
});
