/** How long to wait for further replies once there is one, in milliseconds. */
const GRACE_MS = 500;

/**
 * How calls ended that were made at once, each perhaps to a different server; `undefined` for those whose server says
 * nothing for much longer than others. Rejects if all fail.
 */
export function soonest<T>(
  calls: readonly Promise<T>[],
): Promise<readonly (PromiseSettledResult<T> | undefined)[]> {
  return new Promise((resolve, reject) => {
    const results: (PromiseSettledResult<T> | undefined)[] = calls.map(() => undefined);
    let [left, timer]: [number, NodeJS.Timeout | undefined] = [calls.length, undefined];
    const end = (): void => {
      clearTimeout(timer);
      const [first] = results;
      if (first?.status === 'rejected' && results.every((result) => result?.status === 'rejected'))
        reject(first.reason);
      else resolve([...results]);
    };
    const settled = (index: number, result: PromiseSettledResult<T>): void => {
      results[index] = result;
      left -= 1;
      if (result.status === 'fulfilled') {
        clearTimeout(timer);
        timer = setTimeout(end, GRACE_MS);
      }
      if (left === 0) end();
    };
    for (const [index, call] of calls.entries()) {
      call.then(
        (value) => settled(index, { status: 'fulfilled', value }),
        (reason: unknown) => settled(index, { status: 'rejected', reason }),
      );
    }
    if (left === 0) end();
  });
}

/** What calls resolve with, without those that fail, or take much longer. Rejects if all fail. */
export async function mostOf<T>(calls: readonly Promise<T>[]): Promise<T[]> {
  const results = await soonest(calls);
  return results.flatMap((result) => (result?.status === 'fulfilled' ? [result.value] : []));
}
