import pc from 'picocolors';
import { UsageError } from './exit-code.js';
import { failureText } from './format/failure.js';
import { printableJson } from './format/printable.js';
import type { World } from './world.js';

/** The options that every command has. */
export interface CommonOptions {
  readonly url?: string;
  readonly json?: boolean;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** What a command works with: one run of the program. */
export class Session {
  readonly world: World;
  readonly isJson: boolean;
  readonly colors: ReturnType<typeof pc.createColors>;
  readonly options: CommonOptions;

  constructor(world: World, options: CommonOptions) {
    this.world = world;
    this.options = options;
    this.isJson = options.json === true;
    const { NO_COLOR, TERM } = world.env;
    this.colors = pc.createColors(world.isTerminal && !this.isJson && !NO_COLOR && TERM !== 'dumb');
  }

  /** Where the server is. */
  get url(): string {
    const url = this.options.url ?? this.world.env.SLUICE_URL ?? '';
    if (url === '') {
      throw new UsageError(
        'Say where the server is: --url redis://localhost:6379, or SLUICE_URL in the environment.',
      );
    }
    if (/^\s*memory:/i.test(url)) {
      throw new UsageError(
        'memory: is inside the process that counts; no other process can look into it. Use the URL of a Redis.',
      );
    }
    return url;
  }

  /** The width of tables: none in a pipe, where nothing is wrapped. */
  get width(): number | undefined {
    return this.world.isTerminal ? this.world.size().columns : undefined;
  }

  print(text: string): void {
    this.world.out(`${text}\n`);
  }

  /** A value for programs, on one line. */
  printJson(value: unknown): void {
    this.print(printableJson(value));
  }

  /** What is wrong, in the way of the output. */
  fail(message: string, code?: string): void {
    this.world.err(failureText(message, this.isJson, code));
  }

  /** For people, whatever programs read. */
  note(text: string): void {
    this.world.err(`${text}\n`);
  }
}
