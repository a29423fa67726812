import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { QUEUE } from './settings.js';

const LISTS = ['wait', 'paused', 'active'];
const SETS = ['prioritized', 'delayed', 'waiting-children', 'completed', 'failed'];

/** Looks at a BullMQ queue again and again, and keeps the largest number of jobs that it saw, in whatever state. */
export class JobCount implements AsyncDisposable {
  readonly #client: Redis;
  readonly #looking: Promise<void>;
  #isStopping = false;
  looks = 0;
  now = 0;
  most = 0;

  constructor(url: string) {
    this.#client = new Redis(url);
    this.#looking = this.#look();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopping = true;
    await this.#looking;
    this.#client.disconnect();
  }

  async #look(): Promise<void> {
    while (!this.#isStopping) {
      const lengths = this.#client.multi();
      for (const name of LISTS) lengths.llen(`bull:${QUEUE}:${name}`);
      for (const name of SETS) lengths.zcard(`bull:${QUEUE}:${name}`);
      const replies = (await lengths.exec()) ?? [];
      this.now = replies.reduce((sum, [, length]) => sum + Number(length), 0);
      this.most = Math.max(this.most, this.now);
      this.looks += 1;
      await sleep(1);
    }
  }
}
