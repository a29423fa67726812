import { run } from './run.ts';
import { importSteps, steps } from './work.ts';

// What a service ships: without the tools for tests, which are not made to be bundled.
void run({ ...steps, ...importSteps });
