import { run } from './run.ts';
import { testingSteps } from './testing.ts';
import { steps } from './work.ts';

void run({ ...steps, ...testingSteps });
