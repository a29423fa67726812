import { parentPort, workerData } from 'node:worker_threads';

// Plain JavaScript: a thread would have to load the compiler first.

const { times, startAt } = workerData;
const asleep = new Int32Array(new SharedArrayBuffer(4));
const now = () => performance.timeOrigin + performance.now() - startAt;

let due = 0;
while (due < times.length) {
  const wait = times[due] - now();
  if (wait > 0) Atomics.wait(asleep, 0, 0, wait);
  const from = due;
  for (const at = now(); due < times.length && times[due] <= at; ) due += 1;
  if (due > from) parentPort?.postMessage(due);
}
