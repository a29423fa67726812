import { boardSteps } from './board.ts';
import { queueSteps } from './queue.ts';
import { run } from './run.ts';
import { telemetrySteps } from './telemetry.ts';
import { testingSteps } from './testing.ts';
import { importSteps, steps } from './work.ts';

void run({ ...steps, ...importSteps, ...boardSteps, ...queueSteps, ...telemetrySteps, ...testingSteps });
