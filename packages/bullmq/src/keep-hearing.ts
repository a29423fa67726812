import { EventEmitter } from 'node:events';
import type { Queue, Worker } from 'bullmq';

/**
 * Hears the errors of BullMQ's connections to the end. BullMQ takes all listeners off a connection that it closes; one that was
 * never ready, as with a wrong password, fails after that, which would end the process.
 */
export function keepHearing(one: Queue | Worker): void {
  for (const name of ['connection', 'blockingConnection']) {
    const connection: unknown = Reflect.get(one, name);
    if (!(connection instanceof EventEmitter)) continue;
    const removeAll = connection.removeAllListeners.bind(connection);
    connection.removeAllListeners = (...events) => removeAll(...events).on('error', () => {});
  }
}
