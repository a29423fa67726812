#!/usr/bin/env node
import { EXIT } from './exit-code.js';
import { printableLines } from './format/printable.js';
import { run } from './run.js';
import { redactor } from './secrets.js';
import { processWorld } from './world.js';

const args = process.argv.slice(2);
// What a sink's module lets go unhandled, such as an error of its pool, may have an address in it.
process.on('uncaughtException', (error: unknown) => {
  const { stack = String(error) } = Object(error) as { readonly stack?: string };
  const redact = redactor([...args, process.env.SLUICE_URL]);
  process.stderr.write(`${printableLines(redact(stack))}\n`, () => process.exit(EXIT.wrong));
});
const code = await run(args, processWorld());
// What a sink's module has left open must not keep the process; but first, what was printed must arrive.
process.stdout.write('', () => process.exit(isCutShort() ? EXIT.wrong : code));

/** Whether output was lost, to a full disk for instance. Who closes a pipe does not want more. */
function isCutShort(): boolean {
  const { errored } = process.stdout;
  return errored !== null && Object(errored).code !== 'EPIPE';
}
