import type { Redis } from 'ioredis';
import { addressOf, type Login, nameOf, type Place, placeOf } from './address.js';
import type { Connection, RedisClient, Server } from './connection.js';
import { isOfPlace, namedError, notRedis, unavailable } from './errors.js';
import { firstReply } from './first-reply.js';
import { ownServer } from './own-server.js';

/** How long to trust what the sentinels said, in milliseconds: an old master may go on to take writes. */
const TRUST_MS = 1000;

/** The sentinels, the name of the master, and what it wants to be told. */
export interface SentinelAddress {
  readonly sentinels: readonly Place[];
  readonly sentinelLogin: Login;
  readonly master: string;
  readonly login: Login;
}

/**
 * Connections of our own to sentinels, and to the master that they name. The Sentinel client of ioredis asks one after
 * another, so that a silent one holds up all, and does not say why one refused.
 */
export function sentinelConnection(
  address: SentinelAddress,
  commandTimeoutMs: number,
  onChange: () => void,
): Connection {
  return new SentinelConnection(address, commandTimeoutMs, onChange);
}

/** What a sentinel says of the master. Of two sentinels that differ, the one with the greater epoch knows better. */
interface Reply {
  readonly place: Place;
  readonly epoch: number;
}

class SentinelConnection implements Connection {
  readonly isCluster = false;
  readonly #address: SentinelAddress;
  readonly #commandTimeoutMs: number;
  readonly #onChange: () => void;
  readonly #sentinels: readonly Server<Redis>[];
  #master: Server | undefined;
  #epoch = 0;
  #repliedAt = 0;
  #question: Promise<Server> | undefined;
  #isClosed = false;

  constructor(address: SentinelAddress, commandTimeoutMs: number, onChange: () => void) {
    this.#address = address;
    this.#commandTimeoutMs = commandTimeoutMs;
    this.#onChange = onChange;
    this.#sentinels = address.sentinels.map((place) =>
      ownServer(addressOf(place, address.sentinelLogin), commandTimeoutMs, ` Sentinel ${nameOf(place)}`),
    );
  }

  run<T>(_: string, command: (client: RedisClient) => Promise<T>): Promise<T> {
    if (this.#master === undefined) return this.#ask().then((master) => this.#runAt(master, command));
    if (performance.now() > this.#repliedAt + TRUST_MS) this.#askAgain();
    return this.#runAt(this.#master, command);
  }

  nodeOf(): string | undefined {
    return this.#master?.name.trim();
  }

  async masters(): Promise<Server[]> {
    return [await this.#ask()];
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#sentinels, this.#master].map((server) => server?.close()));
  }

  async #runAt<T>(master: Server, command: (client: RedisClient) => Promise<T>): Promise<T> {
    try {
      return await master.run(command);
    } catch (error) {
      if (isOfPlace(error)) this.#askAgain();
      throw namedError(error, master.name);
    }
  }

  #askAgain(): void {
    // As long as no sentinel says otherwise, the master is the one that it was.
    this.#ask().catch(() => {});
  }

  /** Asks all sentinels; one question serves all who want to know meanwhile. */
  #ask(): Promise<Server> {
    this.#question ??= this.#askSentinels().finally(() => {
      this.#question = undefined;
    });
    return this.#question;
  }

  async #askSentinels(): Promise<Server> {
    const { place, epoch } = await firstReply(this.#sentinels.map((sentinel) => this.#replyOf(sentinel)));
    this.#epoch = epoch;
    this.#repliedAt = performance.now();
    const name = ` ${nameOf(place)}`;
    if (this.#master?.name === name) return this.#master;
    const old = this.#master;
    void old?.close();
    this.#master = ownServer(
      addressOf(place, this.#address.login),
      this.#commandTimeoutMs,
      name,
      this.#onChange,
    );
    if (this.#isClosed) void this.#master.close();
    else if (old !== undefined) this.#onChange();
    return this.#master;
  }

  async #replyOf(sentinel: Server<Redis>): Promise<Reply> {
    try {
      const { master } = this.#address;
      // Where the master is, this command alone says as soon as it is decided. The epoch is asked for first: one that is
      // newer than the place would be believed.
      const [state, place] = await sentinel.run((client) =>
        Promise.all([
          client.call('SENTINEL', 'MASTER', master),
          client.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', master),
        ]),
      );
      const reply = replyOf(state, place);
      if (reply.epoch < this.#epoch) throw unavailable('it has not heard of the last failover', false);
      return reply;
    } catch (error) {
      throw namedError(error, sentinel.name);
    }
  }
}

/** Reads what a sentinel says: its state of the master, names and values in turn, and a host and a port. */
export function replyOf(state: unknown, address: unknown): Reply {
  const words = Array.isArray(state) ? (state as unknown[]) : [];
  const epoch = Number(words[words.indexOf('config-epoch') + 1]);
  const [host, port] = Array.isArray(address) ? (address as unknown[]) : [];
  const place = placeOf(host, port);
  if (place === undefined || !Number.isInteger(epoch)) {
    throw notRedis('a sentinel should reply with an address and an epoch, and does not');
  }
  return { place, epoch };
}
