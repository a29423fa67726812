import type { Project } from './project.js';
import type { Servers } from './servers.js';

/** What a line has at hand. */
export interface Context {
  readonly project: Project;
  readonly servers: Servers;
}

/** One combination. */
export interface Line {
  readonly name: string;
  /** Does real work in the project, and returns what ran. */
  run(context: Context): Promise<string>;
}

/** Lines that share one project. */
export interface Group {
  readonly lines: readonly Line[];
  /** What is installed beside the packages of Sluice. */
  readonly dependencies: Readonly<Record<string, string>>;
  /** The packages of Sluice to install. Default: all. */
  readonly packages?: readonly string[];
  /** The project's package.json has this, too. */
  readonly manifest?: object;
  /** How the packages come into the project. Default: `npm install`, and `npm ci` must then agree. */
  readonly install?: (project: Project) => Promise<void>;
}
