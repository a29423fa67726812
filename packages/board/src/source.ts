import type { BufferStats, Health } from '@sluice/core';

/** What a board needs of a buffer, whatever its schema. */
export interface BoardSource {
  stats(): Promise<BufferStats>;
  health(): Health;
  get(model: never, columns: never, filters: never): Promise<Readonly<Record<string, number>>>;
  readonly deadLetters: {
    list(options: {
      readonly partition: number;
      readonly offset: number;
      readonly limit: number;
    }): Promise<readonly SourceLetter[]>;
    redrive(ids: readonly string[]): Promise<number>;
    discard(ids: readonly string[]): Promise<number>;
  };
}

/** A dead letter of any schema. */
export interface SourceLetter {
  readonly id: string;
  readonly partition: number;
  readonly entry:
    | {
        readonly model: string;
        readonly filters: object;
        readonly columns: object;
        readonly extra: object;
        readonly signalOnly: boolean;
        readonly firstAt: Date;
      }
    | undefined;
  readonly reason: string;
  readonly attempts: number;
  readonly buriedAt: Date;
}
