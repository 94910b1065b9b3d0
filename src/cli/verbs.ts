// The verbs, in the order of the help. Each is loaded only when it runs: `status` must not wait for a YAML parser.

import type { Verb } from './verb.ts';

const json: Verb['options'][number] = ['--json', 'for scripts: JSON on standard output'];
const why: Verb['options'][number] = ['--why <text>', 'why you do this, for those who come after you'];

export const verbs: readonly Verb[] = [
  {
    name: 'check',
    words: '<path>',
    about: 'validate a description, and show for every service whether its timings fit',
    options: [json],
    examples: [['check examples/pricing', 'all problems with their places; or the table of z = d + s + b + i']],
    load: async () => (await import('./verbs/check.ts')).check,
  },
  {
    name: 'up',
    words: '<path>',
    about: 'start the hosts of this machine and follow; ^C ends the following only',
    options: [
      ['--host <name...>', 'only these hosts'],
      ['--detach', 'return once every instance is in its planned phase'],
      ['--timeout <duration>', 'how long --detach waits (60s)'],
    ],
    examples: [
      ['up examples/pricing', 'start it and watch'],
      ['up examples/pricing --detach', 'start it; exit 0 when all is as planned'],
    ],
    load: async () => (await import('./verbs/up.ts')).up,
  },
  {
    name: 'down',
    words: '[path]',
    about: 'stop the services in order, then the agents',
    options: [['--leave-running', 'end agents and keepers only; the services stay'], why],
    examples: [
      ['down', 'stop everything of the only system here'],
      ['down --leave-running', 'services stay, unwatched'],
    ],
    load: async () => (await import('./verbs/down.ts')).down,
  },
  {
    name: 'status',
    words: '',
    about: 'does it stand, how much outage is left, what is wrong',
    options: [['--watch', 'redraw at every change'], json],
    examples: [
      ['status', 'exit 0 when nothing is graver than severity 3'],
      ['status --watch', 'stay and watch; ^C ends it'],
    ],
    load: async () => (await import('./verbs/status.ts')).status,
  },
  {
    name: 'explain',
    words: '<subject>',
    about: 'why a service, incident or decision is as it is, from the journal',
    options: [
      ['--since <when>', 'how far back: 10m, 14:02, 2026-11-21T14:02 (1h)'],
      ['--all', 'every step, also those of no interest usually'],
      json,
    ],
    examples: [
      ['explain pricer', 'what happened to it, what was done, what it waits for'],
      ['explain 4711@a', 'the decision of that number on host a'],
    ],
    load: async () => (await import('./verbs/explain.ts')).explainVerb,
  },
  {
    name: 'failovers',
    words: '',
    about: 'each with its cause, d, s, b, i, z as measured, and z as declared',
    options: [json],
    examples: [['failovers', 'the newest first']],
    load: async () => (await import('./verbs/failovers.ts')).failovers,
  },
];
