import { runCommand } from '@sluice/command';
import { HELP, parse } from './arguments.js';
import { COSTS, MACHINE, MEASURED } from './costs.js';
import { merging } from './merging.js';
import { planFor } from './plan.js';
import { costTable, report } from './report.js';

process.exitCode = await runCommand({
  help: HELP,
  parse,
  async run(options) {
    if (options.show === 'costs') {
      console.log(costTable());
      return 0;
    }
    const plan = planFor(options.workload, options.given, COSTS);
    if (options.show === 'json')
      console.log(JSON.stringify({ ...plan, measured: { machine: MACHINE, ...MEASURED } }, null, 2));
    else console.log(options.show === 'merging' ? merging(plan, COSTS) : report(plan));
    return 0;
  },
});
