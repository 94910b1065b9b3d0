// Slow, not dead: one that answers much later than its peers, a queue that only grows, errors that come faster than usual.
// Comparison with peers is robust: the median and the median absolute deviation do not care for the odd one itself.

import { connect } from 'node:net';
import { medianOf, slopeOf, type Sample } from '../../model/trend.ts';
import type { Seen } from '../../model/mode.ts';
import { askByMount } from './by-mount.ts';
import type { Detector } from './detector.ts';
import type { Ground } from './ground.ts';
import type { Watch, WatchedPath } from './watch.ts';

const everyMs = 20_000;
const askWithinMs = 5000;
const timesKept = 12;
const fewestTimes = 3;
const slowerBy = 3;
const deviations = 5;
const atLeastMs = 20;
const queueSamples = 60;
const fewestQueueSamples = 10;
const queueFrom = 100;
const errorsFrom = 10;
const errorsTimes = 5;
const minuteMs = 60_000;
const minutesKept = 60;
const readAtMost = 1 << 20;
const readBefore = 64 << 10;
/** What loggers write of how grave it is, and what programs throw: `level=error`, `ValueError:`. */
const isGrave = /\b(?:error|exception|fatal|severe|critical|panic)\b/i;
const isThrown = /[a-z](?:Error|Exception)\b/;

/** Opens the detector. */
export function openSlow(ground: Ground): Detector {
  const times = new Map<string, number[]>();
  const queues = new Map<string, Sample[]>();
  const logs = new Map<string, ErrorCount>();
  return {
    name: 'slow',
    everyMs,
    async look(watch) {
      const [facts, growing, sizes] = await Promise.all([
        answerTimes(ground, watch, times),
        Promise.all(watch.queues.map((queue) => queueSeen(ground, queue, queues))),
        sizesOf(ground, watch.logs),
      ]);
      const errors = await Promise.all(
        watch.logs.map((log) => {
          const size = sizes.get(log.path);
          return size === undefined ? Promise.resolve([]) : errorsSeen(ground, log, size, logs);
        }),
      );
      return { seen: [...slowerSeen(watch, facts), ...growing.flat(), ...errors.flat()], facts };
    },
  };
}

/** How long the first answer of each service's first HTTP or TCP port takes, as a fact for others: rounded, so that it changes seldom. */
async function answerTimes(
  ground: Ground,
  watch: Watch,
  times: Map<string, number[]>,
): Promise<Readonly<Record<string, string>>> {
  const facts: Record<string, string> = {};
  const asked = new Set<string>();
  await Promise.all(
    watch.answers.map(async ({ service, url, role }) => {
      if (asked.has(service)) return;
      asked.add(service);
      const name = `answer ${role} ${service}`;
      const began = ground.mono();
      if (!(await answers(url))) return;
      const kept = [...(times.get(name) ?? []), ground.mono() - began].slice(-timesKept);
      times.set(name, kept);
      if (kept.length >= fewestTimes) facts[name] = String(rounded(medianOf(kept.slice(-fewestTimes))));
    }),
  );
  return facts;
}

/** Two figures: what changes by less is the same. */
function rounded(value: number): number {
  return value <= 0 ? 0 : Number(value.toPrecision(value < 10 ? 1 : 2));
}

function answers(url: string): Promise<boolean> {
  const { hostname, port, pathname, search, protocol } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port === '' ? 80 : port) });
    const done = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.setTimeout(askWithinMs, () => done(true));
    socket.on('error', () => done(false));
    socket.on('connect', () => {
      if (protocol === 'tcp:') done(true);
      else socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\n\r\n`);
    });
    socket.on('data', () => done(true));
    socket.on('close', () => done(false));
  });
}

/** Compared with the same service on the other hosts, where it has the same role: who is at work is slower than who stands by. With one peer alone its own deviation is unknown, and the factor decides. */
export function slowerSeen(watch: Pick<Watch, 'host' | 'peers'>, facts: Readonly<Record<string, string>>): Seen[] {
  return Object.entries(facts).flatMap(([name, value]): Seen[] => {
    const [, service] = /^answer \S+ (.+)$/.exec(name) ?? [];
    if (service === undefined) return [];
    const own = Number(value);
    const others = watch.peers.flatMap((peer) => (peer.facts[name] === undefined ? [] : [Number(peer.facts[name])]));
    if (others.length === 0) return [];
    const usual = medianOf(others);
    const deviation = medianOf(others.map((each) => Math.abs(each - usual)));
    if (own < slowerBy * usual || own < usual + deviations * deviation || own - usual < atLeastMs) return [];
    return [
      {
        mode: 'slow-peer',
        subject: service,
        services: [service],
        weight: 'ahead',
        text: `${service} on ${watch.host} answers in ${Math.round(own)} ms, its ${others.length === 1 ? 'peer' : `${others.length} peers`} in ${Math.round(usual)} ms`,
      },
    ];
  });
}

async function queueSeen(
  ground: Ground,
  { path, services }: WatchedPath,
  queues: Map<string, Sample[]>,
): Promise<Seen[]> {
  // A dot for each: names may hold anything, and a queue of a million is counted like one of ten.
  const asked = await ground.ask(['find', '-H', path, '-mindepth', '1', '-maxdepth', '1', '-printf', '.'], {
    on: `queue ${path}`,
    within: askWithinMs,
  });
  if (asked.kind !== 'ended' || asked.code !== 0) return [];
  const level = asked.output.length;
  const samples = [...(queues.get(path) ?? []), { atMs: ground.mono(), level }].slice(-queueSamples);
  queues.set(path, samples);
  const first = samples[0]?.level ?? 0;
  if (samples.length < fewestQueueSamples || level < queueFrom || level < 2 * first || slopeOf(samples) === null)
    return [];
  return [
    {
      mode: 'queue-growing',
      subject: path,
      services,
      weight: 'ahead',
      text: `the queue in ${path} grows: ${level} entries wait, ${first} did ${Math.round(((samples.at(-1)?.atMs ?? 0) - (samples[0]?.atMs ?? 0)) / minuteMs)} minutes ago`,
    },
  ];
}

interface ErrorCount {
  /** At the first look, bytes. */
  readonly from: number;
  size: number;
  /** Of the running minute. */
  since: number;
  count: number;
  /** Of minutes without news, the last sixty. */
  minutes: number[];
  /** Minutes in a row that were told of. */
  told: number;
  /** What stood there at the first look tells of errors, too, so that they may be usual; null: nobody had to know. */
  wasNoisy: boolean | null;
}

/** Sizes of all logs; of one that is not there yet 0, and none of one whose disk does not answer. */
async function sizesOf(ground: Ground, logs: readonly WatchedPath[]): Promise<ReadonlyMap<string, number>> {
  const { output, silent } = await askByMount(
    ground,
    logs.map(({ path }) => path),
    { argv: ['stat', '-L', '-c', '%s %n', '--'], what: 'logs', within: askWithinMs },
  );
  const sizes = new Map(logs.filter(({ path }) => !silent.has(path)).map(({ path }) => [path, 0]));
  for (const line of output.split('\n')) {
    const [, size, path] = /^(\d+) (.+)$/.exec(line) ?? [];
    if (path !== undefined) sizes.set(path, Number(size));
  }
  return sizes;
}

/** Counts new lines of a log that tell of errors. What was written before the first look is no news. */
async function errorsSeen(
  ground: Ground,
  { path, services }: WatchedPath,
  size: number,
  logs: Map<string, ErrorCount>,
): Promise<Seen[]> {
  const known = logs.get(path);
  const now = ground.mono();
  const errorsBy = async (argv: readonly string[]): Promise<number> => {
    const asked = await ground.ask(argv, { on: `log ${path}`, within: askWithinMs });
    return asked.kind === 'ended'
      ? asked.output.split('\n').filter((line) => isGrave.test(line) || isThrown.test(line)).length
      : 0;
  };
  if (known === undefined) {
    logs.set(path, { from: size, size, since: now, count: 0, minutes: [], told: 0, wasNoisy: null });
    return [];
  }
  if (size !== known.size) {
    // One that is shorter was rotated: all of it is new.
    const fresh = Math.min(readAtMost, size < known.size ? size : size - known.size);
    known.size = size;
    known.count += await errorsBy(['tail', '-c', String(fresh), path]);
  }
  const usual = known.minutes.length === 0 ? 0 : medianOf(known.minutes);
  // A look that comes late has more than a minute to count.
  const count = Math.round(known.count * Math.min(1, minuteMs / (now - known.since)));
  let isHigh = count > errorsFrom && count > errorsTimes * usual;
  // Without a minute to compare with, what stood there before says whether that is so always.
  if (isHigh && known.minutes.length === 0) {
    const bytes = Math.min(readBefore, known.from);
    const before = ['sh', '-c', 'tail -c "+$1" "$2" | head -c "$3"', 'log', String(known.from - bytes + 1), path];
    known.wasNoisy ??= (await errorsBy([...before, String(bytes)])) > errorsFrom;
    isHigh = !known.wasNoisy;
  }
  const told: Seen[] = isHigh
    ? [
        {
          mode: 'errors-rising',
          subject: path,
          services,
          weight: 'ahead',
          text: `${path} has ${count} new lines of errors within a minute, usually ${Math.round(usual)}`,
        },
      ]
    : [];
  if (now - known.since >= minuteMs) {
    known.told = isHigh ? known.told + 1 : 0;
    // What is told of is not usual because it goes on, but for what has gone on for an hour.
    if (known.told === 0 || known.told > minutesKept) known.minutes = [...known.minutes, count].slice(-minutesKept);
    known.since = now;
    known.count = 0;
  }
  return told;
}
