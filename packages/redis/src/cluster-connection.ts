import calculateSlot from 'cluster-key-slot';
import type { Redis } from 'ioredis';
import { addressOf, type Login, nameOf, type Place } from './address.js';
import type { Connection, RedisClient, Server } from './connection.js';
import { isOfPlace, namedError, redirected, unavailable } from './errors.js';
import { firstReply } from './first-reply.js';
import { ownServer } from './own-server.js';
import { redirectionOf, type Slots, slotsOf } from './slots.js';

/** A slot that moves, or a master that was replaced, takes two. */
const MOST_REDIRECTIONS = 5;

interface Node extends Place {
  readonly server: Server<Redis>;
}

/**
 * Connections of our own to the masters of a Redis Cluster. The `Cluster` client of ioredis repeats commands by itself,
 * some of them at a node picked at random, and then cannot say whether one was sent; nor does it say which
 * node a silent command went to. So this finds the node, and each has a connection that stands by itself.
 */
export function clusterConnection(
  seeds: readonly Place[],
  login: Login,
  commandTimeoutMs: number,
  onChange: () => void,
): Connection {
  return new ClusterConnection(seeds, login, commandTimeoutMs, onChange);
}

class ClusterConnection implements Connection {
  readonly isCluster = true;
  readonly #seeds: readonly Place[];
  readonly #login: Login;
  readonly #commandTimeoutMs: number;
  readonly #onChange: () => void;
  readonly #nodes = new Map<string, Node>();
  #slots: Slots | undefined;
  #look: Promise<Slots> | undefined;
  #isClosed = false;

  constructor(seeds: readonly Place[], login: Login, commandTimeoutMs: number, onChange: () => void) {
    this.#seeds = seeds;
    this.#login = login;
    this.#commandTimeoutMs = commandTimeoutMs;
    this.#onChange = onChange;
  }

  run<T>(key: string, command: (client: RedisClient) => Promise<T>): Promise<T> {
    const slot = calculateSlot(key);
    const master = this.#slots?.[slot];
    // Without a step between, so that all commands of one tick leave together.
    return master === undefined
      ? this.#lookAround().then((slots) => this.#runAt(slot, slots[slot], command))
      : this.#runAt(slot, master, command);
  }

  nodeOf(key: string): string | undefined {
    const place = this.#slots?.[calculateSlot(key)];
    return place && nameOf(place);
  }

  async masters(): Promise<Server[]> {
    return mastersOf(await this.#lookAround()).map((place) => this.#nodeAt(place).server);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#nodes.values()].map(({ server }) => server.close()));
  }

  async #runAt<T>(
    slot: number,
    master: Place | undefined,
    command: (client: RedisClient) => Promise<T>,
  ): Promise<T> {
    if (master === undefined) throw unavailable(`no node of the cluster has the slot ${slot}`, false);
    let node = this.#nodeAt(master);
    let isForOnce = false;
    for (let redirections = 0; ; redirections += 1) {
      try {
        return await node.server.run(isForOnce ? (client) => command(asking(client)) : command);
      } catch (error) {
        const redirection = redirectionOf(error, node);
        if (redirection === undefined) {
          if (isOfPlace(error)) this.#lookAgain();
          throw namedError(error, node.server.name);
        }
        if (redirections === MOST_REDIRECTIONS) throw redirected(error);
        if (!redirection.isForOnce) this.#moved(slot, redirection.place);
        node = this.#nodeAt(redirection.place);
        isForOnce = redirection.isForOnce;
      }
    }
  }

  #moved(slot: number, place: Place): void {
    if (this.#slots !== undefined) this.#slots[slot] = place;
    this.#lookAgain();
    this.#onChange();
  }

  #lookAgain(): void {
    // Who called fails by its own error, or goes on without.
    this.#lookAround().catch(() => {});
  }

  /** Asks the nodes which of them has which slots; one question serves all who want to know meanwhile. */
  #lookAround(): Promise<Slots> {
    this.#look ??= this.#askNodes().finally(() => {
      this.#look = undefined;
    });
    return this.#look;
  }

  async #askNodes(): Promise<Slots> {
    const masters = mastersOf(this.#slots ?? []);
    // The whole cluster may have moved: then only the seeds, such as the name of a service, lead to it.
    const slots = await this.#ask(masters).catch(() => this.#ask(this.#seeds));
    this.#slots = slots;
    this.#forgetOthers(mastersOf(slots));
    return slots;
  }

  #ask(places: readonly Place[]): Promise<Slots> {
    return firstReply(
      places.map(async (place) => {
        const { server } = this.#nodeAt(place);
        try {
          const slots = slotsOf(await server.run((client) => client.cluster('SLOTS')), place);
          // Such as a node that is not, or no longer, of the cluster.
          if (slots.length === 0) throw unavailable('the node knows of no slots', false);
          return slots;
        } catch (error) {
          throw namedError(error, server.name);
        }
      }),
    );
  }

  #nodeAt({ host, port }: Place): Node {
    const name = nameOf({ host, port });
    let node = this.#nodes.get(name);
    if (node === undefined) {
      const address = addressOf({ host, port }, this.#login);
      node = { host, port, server: ownServer(address, this.#commandTimeoutMs, ` ${name}`, this.#onChange) };
      if (this.#isClosed) void node.server.close();
      else this.#nodes.set(name, node);
    }
    return node;
  }

  #forgetOthers(masters: readonly Place[]): void {
    const names = new Set(masters.map(nameOf));
    for (const [name, { server }] of this.#nodes) {
      if (names.has(name)) continue;
      this.#nodes.delete(name);
      void server.close();
    }
  }
}

function mastersOf(slots: Slots): Place[] {
  const places = slots.filter((place) => place !== undefined);
  return [...new Map(places.map((place) => [nameOf(place), place])).values()];
}

/** A client all of whose commands are preceded by ASKING, as the node that a slot moves to wants it. */
function asking(client: Redis): RedisClient {
  return new Proxy(client, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...words: unknown[]): unknown => {
        target.asking().catch(() => {});
        return Reflect.apply(member, target, words);
      };
    },
  });
}
