import { isReply } from './errors.js';

/**
 * The first reply of many that were asked at once: some may be away, or silent.
 * @throws what says most of their errors: a reply says more than that there is none
 */
export async function firstReply<T>(replies: readonly Promise<T>[]): Promise<T> {
  try {
    return await Promise.any(replies);
  } catch (error) {
    const { errors } = error as AggregateError;
    throw errors.find(({ cause }) => isReply(cause)) ?? errors[0];
  }
}
