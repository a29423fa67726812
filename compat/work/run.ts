/** Longer than any step takes, so that one that hangs is named. */
const LIMIT_MS = 30_000;

/**
 * Runs every step, in turn. Prints the names of those that passed; each failure goes to stderr. When all passed, the
 * process must end by itself: nothing may be left open.
 */
export async function run(steps: Readonly<Record<string, () => Promise<void>>>): Promise<void> {
  const passed: string[] = [];
  const failed: string[] = [];
  for (const [name, step] of Object.entries(steps)) {
    try {
      await limited(step());
      passed.push(name);
    } catch (error) {
      failed.push(name);
      console.error(`${name}:`, error);
    }
  }
  console.log(passed.join(', '));
  if (failed.length > 0) process.exit(1);
}

async function limited(step: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${LIMIT_MS} ms`)), LIMIT_MS);
  });
  try {
    await Promise.race([step, limit]);
  } finally {
    clearTimeout(timer);
  }
}
