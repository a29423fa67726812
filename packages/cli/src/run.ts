import { SluiceError } from '@sluice/core';
import { CommanderError } from 'commander';
import { EXIT, type ExitCode, UsageError } from './exit-code.js';
import { failureText } from './format/failure.js';
import { printableLines } from './format/printable.js';
import { programOf } from './program.js';
import { redactor } from './secrets.js';
import { Session } from './session.js';
import type { World } from './world.js';

/** Runs the program with its arguments, those after the name. Never throws, and never prints a password. */
export async function run(args: readonly string[], outside: World): Promise<ExitCode> {
  const redact = redactor([...args, outside.env.SLUICE_URL]);
  const world: World = {
    ...outside,
    out: (text) => outside.out(redact(text)),
    err: (text) => outside.err(redact(text)),
  };
  let code: ExitCode = EXIT.fine;
  const program = programOf(async (options, task) => {
    code = await outcomeOf(new Session(world, options), task);
  });
  for (const command of [
    program,
    ...program.commands,
    ...program.commands.flatMap(({ commands }) => commands),
  ]) {
    command.exitOverride().configureOutput({
      writeOut: world.out,
      writeErr: (text) => world.err(printableLines(text)),
      // The options are not known when they cannot be read.
      outputError: (text) =>
        world.err(failureText(text.trimEnd().replace(/^error: /, ''), args.includes('--json'))),
    });
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    // It has said what is wrong.
    if (error instanceof CommanderError)
      return error.exitCode === 0 && args.length > 0 ? EXIT.fine : EXIT.usage;
    throw error;
  }
}

async function outcomeOf(session: Session, task: (session: Session) => Promise<ExitCode>): Promise<ExitCode> {
  try {
    return await task(session);
  } catch (error) {
    report(session, error);
    return isUsage(error) ? EXIT.usage : EXIT.wrong;
  }
}

function isUsage(error: unknown): boolean {
  return error instanceof UsageError || (error instanceof SluiceError && error.name === 'InvalidInputError');
}

function report(session: Session, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  session.fail(message, error instanceof SluiceError ? error.code : undefined);
}
