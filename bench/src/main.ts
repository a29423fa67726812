import { HELP, parse } from './arguments.js';
import { report, writeResults } from './results.js';
import { runScenarios } from './run.js';

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
  const { out, ...others } = options;
  const startedAt = performance.now();
  const seconds = (): string => String(Math.round((performance.now() - startedAt) / 1000)).padStart(4);
  try {
    const results = await runScenarios({
      ...others,
      onProgress: (line) => console.log(`${seconds()} s  ${line}`),
    });
    await writeResults(out, results);
    console.log(`\n${report(results)}\n\nWritten to ${out}`);
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
}
