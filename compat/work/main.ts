import { run } from './run.ts';
import { testingSteps } from './testing.ts';
import { importSteps, steps } from './work.ts';

void run({ ...steps, ...importSteps, ...testingSteps });
