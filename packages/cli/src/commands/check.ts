import { SluiceError } from '@sluice/core';
import { type Finding, type Inspection, inspect, type RedisBackendOptions, type Task } from '@sluice/redis';
import { EXIT, type ExitCode, UsageError } from '../exit-code.js';
import { printable } from '../format/printable.js';
import { serverOf, withBuffer } from '../server.js';
import type { Session } from '../session.js';
import { loadSink } from '../sink-module.js';

export interface CheckOptions {
  /** What the user of the server is for; by default everything. */
  readonly for?: readonly Task[];
  /** A module whose sink is checked, too. */
  readonly sink?: string;
  /** `durability.replicas` of those who use the server, which it is to fit. */
  readonly replicas?: number;
  /** Their `durability.writes`. */
  readonly replicatedWrites?: boolean;
}

/** One line of the result. */
interface CheckResult {
  readonly topic: string;
  readonly status: 'ok' | 'advice' | 'unsafe' | 'unknown';
  /** What is wrong, or right, or why that is unknown. */
  readonly text: string;
  /** What to do about it. */
  readonly remedy: string;
  readonly servers: readonly string[];
}

const TOPICS = {
  version: 'The server is new enough',
  role: 'It is a master',
  eviction: 'It drops nothing when memory is short',
  memory: 'It has room for more',
  persistence: 'What it acknowledged survives a crash',
  replicas: 'A failover would lose nothing',
  clock: "Its clock agrees with this machine's",
  cluster: 'Each part of a cluster is served',
  rights: 'The user may do what it is for',
  keys: 'Nobody else uses its keys',
} satisfies Record<Finding['topic'], string>;

/** Looks for settings that can lose counts or stop them: of the server, and of the tables if there is a sink. */
export async function check(session: Session, options: CheckOptions): Promise<ExitCode> {
  const results = [...(await serverResults(session, options)), ...(await sinkResults(session, options))];
  for (const result of results) {
    if (session.isJson) session.printJson(result);
    else session.print(lineOf(session, result));
  }
  const isFine = results.every(({ status }) => status === 'ok' || status === 'unknown');
  return isFine ? EXIT.fine : EXIT.wrong;
}

async function serverResults(session: Session, options: CheckOptions): Promise<CheckResult[]> {
  const server = { ...(await serverOf(session)), ...durabilityOf(options) };
  try {
    const inspection = await inspect(server, options.for);
    return [...topicResults(inspection), ...(await dataResults(session, options, inspection))];
  } catch (error) {
    // The command line is at fault then, not the server.
    if (!(error instanceof SluiceError) || error.name === 'InvalidInputError') throw error;
    return [failed('connection', error)];
  }
}

/** Nothing is written here that would wait for replicas. */
const TIMEOUT_MS = 1;

function durabilityOf({
  replicas,
  replicatedWrites: writes = false,
}: CheckOptions): Pick<RedisBackendOptions, 'durability'> {
  if (replicas !== undefined) return { durability: { replicas, timeoutMs: TIMEOUT_MS, writes } };
  if (writes) throw new UsageError('--replicated-writes needs --replicas, as durability.writes does.');
  return {};
}

function topicResults({ findings, unchecked, versions }: Inspection): CheckResult[] {
  return Object.entries(TOPICS).flatMap(([topic, promise]) => {
    const found = findings.filter((finding) => finding.topic === topic);
    if (found.length > 0) return found.map(resultOf);
    if ((unchecked as readonly string[]).includes(topic))
      return [unknown(topic, 'The server does not say it to this user')];
    return [passed(topic, topic === 'version' ? `${promise}: ${versions.join(', ')}` : promise)];
  });
}

/** Reads what the keys hold, if the user is to, and unless it is known that they are not Sluice's. */
async function dataResults(
  session: Session,
  options: CheckOptions,
  { findings }: Inspection,
): Promise<CheckResult[]> {
  const isNotAsked = options.for !== undefined && !options.for.includes('operate');
  if (isNotAsked || findings.some(({ topic }) => topic === 'keys' || topic === 'rights')) return [];
  try {
    const { unavailable } = await withBuffer(session, (buffer) => buffer.stats());
    const [first] = unavailable;
    return [first === undefined ? passed('data', 'What is kept can be read') : failed('data', first.error)];
  } catch (error) {
    return [failed('data', error)];
  }
}

async function sinkResults(session: Session, { sink: path }: CheckOptions): Promise<CheckResult[]> {
  if (path === undefined) return [];
  const { sink, close } = await loadSink(session, path);
  try {
    if (sink.validate === undefined)
      return [unknown('tables', 'The sink has no validate(), as that of @sluice/kysely has')];
    await sink.validate();
    return [passed('tables', 'The tables and indexes fit the sink')];
  } catch (error) {
    return [failed('tables', error)];
  } finally {
    await close();
  }
}

function resultOf({ isUnsafe, problem, ...finding }: Finding): CheckResult {
  return { ...finding, text: problem, status: isUnsafe ? 'unsafe' : 'advice' };
}

function passed(topic: string, text: string): CheckResult {
  return { topic, status: 'ok', text, remedy: '', servers: [] };
}

function unknown(topic: string, text: string): CheckResult {
  return { topic, status: 'unknown', text, remedy: '', servers: [] };
}

function failed(topic: string, error: unknown): CheckResult {
  const text = error instanceof Error ? error.message : String(error);
  return { topic, status: 'unsafe', text, remedy: '', servers: [] };
}

const MARKS = { ok: '✓', advice: '!', unsafe: '✗', unknown: '?' } as const;

function lineOf({ colors }: Session, { topic, status, text, remedy, servers }: CheckResult): string {
  const paint = { ok: colors.green, advice: colors.yellow, unsafe: colors.red, unknown: colors.dim }[status];
  const where = servers.length === 0 ? '' : ` (${servers.join(', ')})`;
  const texts = [
    ...text.split('\n').map(printable),
    ...(remedy === '' ? [] : [colors.bold(printable(remedy))]),
  ];
  const [first = '', ...others] = texts;
  return [
    `${paint(MARKS[status])} ${topic.padEnd(11)} ${first}${printable(where)}`,
    ...others.map((text) => `${' '.repeat(14)}${text}`),
  ].join('\n');
}
