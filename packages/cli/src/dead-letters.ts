import type { Buffer, DeadLetter } from '@sluice/core';

/** Which dead letters a command is for. */
export interface Selection {
  readonly ids: readonly string[];
  readonly partition?: number;
  readonly model?: string;
  /** What is in the reason. */
  readonly reason?: string;
}

const PAGE = 500;

/** The dead letters of a selection, as many as `limit` at most; reads them page by page. */
export async function select(buffer: Buffer, selection: Selection, limit: number): Promise<DeadLetter[]> {
  const found: DeadLetter[] = [];
  for (let offset = 0; found.length < limit; offset += PAGE) {
    const { partition } = selection;
    const page = await buffer.deadLetters.list({
      offset,
      limit: PAGE,
      ...(partition !== undefined && { partition }),
    });
    found.push(...page.filter((letter) => isOf(selection, letter)).slice(0, limit - found.length));
    if (page.length < PAGE) break;
  }
  return found;
}

function isOf({ ids, model, reason }: Selection, letter: DeadLetter): boolean {
  return (
    (ids.length === 0 || ids.includes(letter.id)) &&
    (model === undefined || letter.entry?.model === model) &&
    (reason === undefined || letter.reason.includes(reason))
  );
}
