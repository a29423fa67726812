/** A program of the workspace that takes a while. */
export interface Command<Options> {
  readonly help: string;
  /**
   * What the arguments ask for; `undefined` for the help.
   * @throws Error that says what is wrong with them
   */
  parse(args: readonly string[]): Options | undefined;
  /** Returns the exit code. Each line of progress is printed with the seconds since the start. */
  run(options: Options, onProgress: (line: string) => void): Promise<number>;
}

/** Runs a command; returns its exit code, which is 2 if the arguments are wrong. */
export async function runCommand<Options>(
  { help, parse, run }: Command<Options>,
  args: readonly string[] = process.argv.slice(2),
): Promise<number> {
  let options: Options | undefined;
  try {
    options = parse(args);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${help}`);
    return 2;
  }
  if (options === undefined) {
    console.log(help);
    return 0;
  }
  const startedAt = performance.now();
  return run(options, (line) => {
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    console.log(`${String(seconds).padStart(4)} s  ${line}`);
  });
}
