/** Runs every step, in turn. Prints the names of those that passed; each failure goes to stderr. */
export async function run(steps: Readonly<Record<string, () => Promise<void>>>): Promise<void> {
  const passed: string[] = [];
  for (const [name, step] of Object.entries(steps)) {
    try {
      await step();
      passed.push(name);
    } catch (error) {
      console.error(`${name}:`, error);
      process.exitCode = 1;
    }
  }
  console.log(passed.join(', '));
}
