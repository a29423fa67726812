import { diag } from '@opentelemetry/api';

/**
 * Does something with the objects of an SDK, whose processors and views may be anybody's. What they throw goes to the log of
 * OpenTelemetry: what is counted and applied must not depend on who watches.
 */
export function quietly(task: () => void): void {
  try {
    task();
  } catch (error) {
    diag.error('@sluice/opentelemetry', error);
  }
}
