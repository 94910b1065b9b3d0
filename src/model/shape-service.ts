// The keys of one service, as written.

import { z } from 'zod';
import { choice, flag, number, template, text } from './leaf.ts';
import { command, shellLine } from './leaf-command.ts';
import { account, autoWords, duration, fileMode, pattern, signal, size } from './leaf-special.ts';
import { detect, environment, objectiveShape, placements } from './shape-detect.ts';
import { managerShape } from './shape-manager.ts';
import { watchShape } from './shape-watch.ts';
import { key, needShape, reliabilityKeys, roleCallShape, waitShape } from './shape-parts.ts';

/** The keys of a service that runs here; those of `externalKeys` may stand on an external one. */
export const serviceShape = z.strictObject({
  about: key(text('a sentence', 'Turns ticks into prices.'), {
    description: 'What it is for.',
    examples: ['Turns ticks into prices.'],
  }),
  external: key(flag(), {
    description:
      'true: nothing here runs it, but others depend on it. Then only about, needs, detect.checks, severity, impact and how often it fails can be said.',
    default: false,
    examples: [true],
  }),
  run: key(command(), {
    description:
      'What is run: text split as a shell would (no shell reads it), a list, or `{ shell: LINE }`. With another manager than native it may be left out.',
    examples: ['node pricer.mjs'],
  }),
  shell: key(shellLine(), {
    description: 'Instead of `run`: a line for /bin/sh.',
    examples: ['ulimit -n 4096; exec ./feed'],
  }),
  policy: key(
    choice(
      ['hot-active/cold-passive', 'hot-active/warm-passive', 'hot-active/warm-active', 'hot-active/hot-active'],
      'a policy',
    ),
    {
      description:
        'What the instances beside the active one are: not running, running without state, running with state, or active too. On one host there is none.',
      examples: ['hot-active/warm-active'],
    },
  ),
  consumers: key(
    z.union([
      choice(['dropDuplicates'], 'what consumers do'),
      z.strictObject({
        balancer: key(
          z.strictObject({
            detectsWithin: key(duration(), {
              description: 'When the balancer notices; this is then d.',
              examples: ['3s'],
            }),
          }),
          { description: 'A balancer or queue stands in front.', examples: [{ detectsWithin: '3s' }] },
        ),
      }),
    ]),
    {
      description: 'How consumers bear two active ones; needed for hot-active/hot-active.',
      examples: ['dropDuplicates'],
    },
  ),
  on: key(placements, {
    description:
      'Where it runs, in order of preference: names, or names with what only that instance gets. Absent: every host.',
    examples: [{ a: { env: { PORT: '7101' } }, b: { env: { PORT: '7102' } } }],
  }),
  prefer: key(text('the name of a host', 'a'), {
    description: 'The host that it is active on when there is a choice.',
    examples: ['a'],
  }),
  failBack: key(flag(), { description: 'Return to `prefer` when it is well again.', default: false, examples: [true] }),
  needs: key(needShape, {
    description: 'What must stand for it to stand.',
    examples: [['feed', { anyOf: ['rates-1', 'rates-2'] }]],
  }),
  objective: key(objectiveShape, {
    description: 'Where this service is stricter than the system.',
    examples: [{ recoverWithin: '5s' }],
  }),
  ready: key(waitShape('60s'), {
    description: 'b, the boot, is over when this answers. Absent: when the process exists.',
    examples: [{ http: 'http://127.0.0.1:${PORT}/ready', within: '10s' }],
  }),
  activate: key(roleCallShape, {
    description: 'How an instance is told to become active.',
    examples: [{ signal: 'SIGUSR1' }],
  }),
  active: key(waitShape('30s'), {
    description:
      'i, loading the last good state, is over when this answers. Absent: when the activate call itself is answered.',
    examples: [{ http: 'http://127.0.0.1:${PORT}/active', within: '5s' }],
  }),
  deactivate: key(roleCallShape, {
    description:
      'How an instance is told to stop being active; must be confirmed. Absent, or unconfirmed: the process is ended.',
    examples: [{ http: 'http://127.0.0.1:${PORT}/standby' }],
  }),
  drain: key(
    z.strictObject({
      within: key(duration(), {
        description: 'Then it is ended, whether `deactivate` was answered or not.',
        default: '10s',
        examples: ['10s'],
      }),
    }),
    {
      description:
        'How long the active one may take to finish what it has begun when it moves: `deactivate` is answered when it has. Absent: 5s, or half of recoverWithin where that is less.',
      examples: [{ within: '10s' }],
    },
  ),
  trigger: key(choice(['supervisor', 'standby', 'manual'], 'a trigger'), {
    description: 'Who begins a failover: Standfast, the standby itself, or people with the facts laid out.',
    default: 'supervisor',
    examples: ['standby'],
  }),
  detect: key(detect, {
    description: 'How a failure is noticed, besides the end of the process.',
    examples: [{ checks: [{ tcp: '127.0.0.1:${PORT}' }] }],
  }),
  log: key(
    z
      .strictObject({
        file: key(template('a file', 'log/pricer.log'), {
          description: 'Where it writes its log.',
          examples: ['log/pricer.log'],
        }),
        started: key(pattern(), {
          description: 'The line that says that it has started.',
          examples: ['ready to price'],
        }),
      })
      .meta({ required: ['file'] }),
    {
      description: 'Its own log, for people and runbooks.',
      examples: [{ file: 'log/pricer.log', started: 'ready to price' }],
    },
  ),
  files: key(
    z.array(
      z
        .strictObject({
          path: key(template('a file', 'etc/pricer.properties'), {
            description: 'The file.',
            examples: ['etc/pricer.properties'],
          }),
          mode: key(fileMode(), { description: 'Its permissions, octal, in quotes.', examples: ['0440'] }),
          owner: key(account('an owner'), { description: 'Who owns it.', examples: ['pricer'] }),
          group: key(account('a group'), { description: 'Its group.', examples: ['pricer'] }),
        })
        .meta({ required: ['path'] }),
    ),
    {
      description: 'Files that must be there; missing ones are a fault of severity 2.',
      examples: [[{ path: 'etc/pricer.properties', mode: '0440' }]],
    },
  ),
  stop: key(
    z.strictObject({
      signal: key(signal(false), { description: 'Asks it to end.', default: 'SIGTERM', examples: ['SIGINT'] }),
      forcedAfter: key(duration(0), { description: 'Then it is ended by force.', default: '60s', examples: ['10s'] }),
    }),
    { description: 'How it is ended in order.', examples: [{ signal: 'SIGTERM', forcedAfter: '60s' }] },
  ),
  restart: key(
    z.strictObject({
      alternative: key(command(), {
        description: 'The other way to start it, for the runbook.',
        examples: ['./start-by-hand.sh'],
      }),
    }),
    { description: 'What else can be tried.', examples: [{ alternative: './start-by-hand.sh' }] },
  ),
  mayLose: key(duration(0), {
    description: 'An instance whose state is older does not take over unasked.',
    examples: ['5s'],
  }),
  capacity: key(number({ least: 0, most: Number.MAX_SAFE_INTEGER, above: true }), {
    description: 'What one instance can carry, in units of your own.',
    examples: [100],
  }),
  load: key(number({ least: 0, most: Number.MAX_SAFE_INTEGER }), {
    description: 'What all instances together must carry.',
    examples: [150],
  }),
  fenceBeforeTakeover: key(flag(), {
    description:
      'A host that is lost is fenced, and that confirmed, before another takes this over from it: for storage that several hosts share.',
    default: false,
    examples: [true],
  }),
  route: key(
    z.strictObject({
      vip: key(text('an address', '10.9.0.100/24'), {
        description: 'The address, with its prefix.',
        examples: ['10.9.0.100/24'],
      }),
      dev: key(text('a device', 'eth0'), {
        description: 'The device; absent: found from the address.',
        examples: ['eth0'],
      }),
    }),
    {
      description: 'An address that moves with the active one: on its host, and answered only while its lease lives.',
      examples: [{ vip: '10.9.0.100/24' }],
    },
  ),
  severity: key(number({ least: 1, most: 3, whole: true }), {
    description: 'How grave it is when it is down and should be up: 1, 2 or 3.',
    default: 1,
    examples: [2],
  }),
  schedule: key(text('a schedule', '"mon-fri 07:00-18:00 Europe/London"'), {
    description: 'When it should be up; outside it is down as planned. Absent: always.',
    examples: ['mon-fri 07:00-18:00 Europe/London'],
  }),
  finishes: key(flag(), {
    description: 'true: exit 0 means done, and down as planned until the next schedule; any other end is a failure.',
    default: false,
    examples: [true],
  }),
  impact: key(text('a sentence', 'Customers get no price.'), {
    description: 'What it means for others when it is down.',
    examples: ['Customers get no price.'],
  }),
  runbook: key(
    z.union([
      text('a file', 'runbooks/pricer.md'),
      z.strictObject({
        path: key(text('a file', 'runbooks/pricer.md'), {
          description: 'Its file. Absent: made from this description.',
          examples: ['runbooks/pricer.md'],
        }),
        auto: key(
          z.union([
            autoWords(),
            z.strictObject({
              severity: key(number({ least: 1, most: 3, whole: true }), {
                description: 'For incidents of this severity and graver ones.',
                default: 1,
                examples: [1],
              }),
              atMost: key(number({ least: 1, most: 1000, whole: true }), {
                description: 'It begins by itself no oftener than this in any `per`.',
                default: 1,
                examples: [2],
              }),
              per: key(duration(), { description: 'See `atMost`.', default: '1h', examples: ['1h'] }),
            }),
          ]),
          {
            description: 'It begins by itself, and its steps that change something are not asked for. Absent: never.',
            examples: ['severity 1, at most 2 in 1h', { severity: 1, atMost: 2, per: '1h' }],
          },
        ),
      }),
    ]),
    {
      description: 'Its runbook. Absent: made from this description.',
      examples: ['runbooks/pricer.md', { path: 'runbooks/pricer.md', auto: 'severity 1, at most 2 in 1h' }],
    },
  ),
  manager: managerShape,
  dir: key(text('a folder', 'pricer'), {
    description: 'Where it runs, and where relative paths start. Absent: the folder of the description.',
    examples: ['pricer'],
  }),
  env: key(environment, { description: 'Environment of every instance.', examples: [{ PORT: '7101' }] }),
  envFile: key(text('a file', 'pricer.env'), {
    description: 'A file of NAME=VALUE lines, read at each start, which fails when it cannot be; `env` goes over it.',
    examples: ['pricer.env'],
  }),
  user: key(account('a user'), { description: 'Who it runs as. Absent: who runs the agent.', examples: ['pricer'] }),
  group: key(account('a group'), { description: 'The group that it runs as.', examples: ['pricer'] }),
  logs: key(
    z.strictObject({
      maxSize: key(size(), {
        description:
          'What it prints is rotated at this size. An old one holds what was printed while it was copied too: twice this size at most.',
        default: '50MiB',
        examples: ['10MiB'],
      }),
      keep: key(number({ least: 0, most: 1000, whole: true }), {
        description: 'How many older files are kept.',
        default: 5,
        examples: [3],
      }),
    }),
    { description: 'What becomes of what it prints.', examples: [{ maxSize: '50MiB', keep: 5 }] },
  ),
  backOff: key(
    z.strictObject({
      upTo: key(duration(), { description: 'The longest pause between two starts.', default: '1m', examples: ['30s'] }),
    }),
    { description: 'Starts that fail again and again are tried at growing intervals.', examples: [{ upTo: '1m' }] },
  ),
  watch: key(watchShape, {
    description: 'What else is looked at for failure modes, beyond what follows from the rest.',
    examples: [{ disk: ['/var/lib/pricer'], certificates: [{ file: 'etc/tls.pem', on: '127.0.0.1:8443' }] }],
  }),
  limits: key(
    z.strictObject({
      memory: key(size(), { description: 'The memory that it may use.', examples: ['2GiB'] }),
      files: key(number({ least: 1, most: 10_000_000, whole: true }), {
        description: 'How many files it may have open.',
        examples: [4096],
      }),
    }),
    { description: 'What it may use of its host.', examples: [{ memory: '2GiB', files: 4096 }] },
  ),
  ...reliabilityKeys,
});

/** As zod has read it; what is missing or contradicts itself is found by `lower-service.ts`. */
export type ServiceShape = z.output<typeof serviceShape>;
