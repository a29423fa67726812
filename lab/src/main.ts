import { HELP, parse } from './arguments.js';
import { Laboratory } from './laboratory.js';
import { report, succeeded } from './report.js';

process.exitCode = await main();

async function main(): Promise<number> {
  let options: ReturnType<typeof parse>;
  try {
    options = parse(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${HELP}`);
    return 2;
  }
  if (options === undefined) {
    console.log(HELP);
    return 0;
  }
  const { plan, ...others } = options;
  const startedAt = performance.now();
  await using laboratory = await Laboratory.open();
  const seconds = (): string => String(Math.round((performance.now() - startedAt) / 1000)).padStart(4);
  const result = await laboratory.run(plan, {
    ...others,
    onProgress: (line) => console.log(`${seconds()} s  ${line}`),
  });
  console.log(`\n${report(result)}`);
  return succeeded(result) ? 0 : 1;
}
