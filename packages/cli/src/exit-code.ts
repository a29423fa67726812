/** What the program ends with: docs/cli.md. */
export const EXIT = { fine: 0, wrong: 1, usage: 2 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The command line cannot be used as it is. */
export class UsageError extends Error {}
