// What the API takes and answers, as schemas: what comes in is read by them, and the OpenAPI description is made from them. Answers may hold more
// than stands here: a reader must not stumble over a key that a later version adds.

import { z } from 'zod';
import { assessedShape } from './shapes-assess.ts';

const text = z.string();
const atMs = z.number().describe('Unix ms');
const severity = z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]);
const phase = z.enum(['down', 'starting', 'passive', 'standby', 'active', 'stopping', 'failed', 'unknown']);
const role = z.enum(['look', 'operate', 'administer']);
const facts = z.record(text, z.unknown());

/** What a host could not be asked for now; `asOfMs`: what is shown of it was so then. */
const gap = z.object({ host: text, why: text, asOfMs: atMs.nullable() });

/** Every answer that is not 2xx. */
export const failureShape = z.object({ error: z.object({ code: text, why: text, next: text }) });

// ------------------------------------------------------------------ what comes in

/** Names in paths and queries: long enough for `service@host`. */
export const nameShape = z.string().min(1).max(200);
const kinds = ['restart', 'stop', 'start', 'failover', 'pause', 'resume', 'maintenance', 'ban'] as const;

/** `POST /api/v1/intents`, and its preview. */
export const actionShape = z.strictObject({
  kind: z.enum(kinds),
  service: nameShape.nullable().default(null),
  host: nameShape.nullable().default(null),
  why: z.string().max(2000).default(''),
  forMs: z
    .number()
    .positive()
    .max(366 * 86_400_000)
    .nullable()
    .default(null),
  acceptLoss: z.boolean().default(false),
  keep: z.boolean().default(false).describe('Of maintenance: what is not active stays where it runs.'),
  end: z.boolean().default(false).describe('Of maintenance and ban: ends it.'),
});

/** `POST /api/v1/sign-in`. */
export const signInShape = z.strictObject({ name: z.string().max(200), password: z.string().max(1024) });

const day = 86_400_000;
const number = (least: number, most: number): z.ZodType<number> => z.coerce.number().int().min(least).max(most);

/** `sinceMs`: Unix ms; absent: a day. */
export const sinceShape = z.object({ sinceMs: number(0, 8_640_000_000_000_000).optional() });

/** `host` absent: of each. */
export const logQuery = z.object({ host: nameShape.optional(), lines: number(0, 5000).default(200) });

/** What is absent does not narrow it; times are Unix ms. */
export const journalQuery = z.object({
  sinceMs: number(0, 8_640_000_000_000_000).optional(),
  untilMs: number(0, 8_640_000_000_000_000).optional(),
  service: nameShape.optional(),
  host: nameShape.optional(),
  kind: z.union([nameShape, z.array(nameShape).max(40)]).optional(),
  incident: nameShape.optional(),
  q: z.string().max(200).optional().describe('Words that the sentence or the facts must hold.'),
  limit: number(1, 5000).default(200),
});
/** How far back the time axis and the past incidents go without a word. */
export const usualSinceMs = day;

// ------------------------------------------------------------------ what goes out

const objective = z.looseObject({
  unavailableMs: z.number(),
  perMs: z.number(),
  recoverWithinMs: z.number(),
  usedMs: z.number(),
});

const host = z.looseObject({
  name: text,
  state: z.enum(['up', 'silent', 'down', 'maintenance', 'banned', 'unknown']),
  agentPid: z.number().nullable(),
  keeperPid: z.number().nullable(),
  boot: text.nullable(),
  asOfMs: atMs.nullable(),
});

const instance = z.looseObject({
  host: text,
  phase,
  planned: phase,
  pid: z.number().nullable(),
  startedAtMs: atMs.nullable(),
  restarts: z.number(),
  severity,
  reason: text.nullable(),
  term: z.number(),
  role: z.enum(['active', 'standby', 'passive']).nullable(),
  validForMs: z.number().nullable(),
  lastExit: z.object({ code: z.number().nullable(), signal: text.nullable(), atMs }).nullable(),
  asOfMs: atMs,
});

const service = z.looseObject({
  name: text,
  policy: text,
  severity,
  active: z.array(text),
  term: z.number(),
  instances: z.array(instance),
  external: z.object({ ok: z.boolean().nullable(), reason: text.nullable() }).nullable(),
  scheduledDown: z.boolean(),
  downBecause: z.object({ kind: text, by: text.nullable() }).nullable(),
  paused: z.boolean(),
});

const incident = z.looseObject({
  id: text,
  severity,
  service: text.nullable(),
  instance: text.nullable(),
  host: text.nullable(),
  cause: text,
  impact: text,
  sinceMs: atMs,
  resolvedAtMs: atMs.nullable(),
  also: z.array(text),
  done: z.array(text),
  next: text,
  nextIs: z.enum(['wait', 'fence', 'explain', 'runbook']),
  ackBy: text.nullable(),
  flapping: z.boolean(),
});

/** `GET /api/v1/status`. */
export const statusShape = z.looseObject({
  system: text,
  about: text.nullable(),
  severity,
  sentence: text,
  atMs,
  objective,
  canLose: z.looseObject({
    instances: z.array(text),
    hosts: z.array(text),
    notInstances: z.array(text),
    notHosts: z.array(text),
  }),
  store: z.looseObject({ kind: text, reachable: z.boolean(), why: text.nullable().optional() }),
  hosts: z.array(host),
  services: z.array(service),
  incidents: z.array(incident),
  source: z.object({ host: text, agent: z.enum(['live', 'silent']), asOfMs: atMs, why: text.nullable() }),
});

/** `GET /api/v1/incidents`. */
export const incidentsShape = z.object({ open: z.array(incident), past: z.array(incident) });

/** `GET /api/v1/failovers`. */
export const failoversShape = z.array(
  z.looseObject({
    service: text,
    cause: text,
    atMs,
    from: text.nullable(),
    to: text.nullable(),
    term: z.number(),
    rule: z.number(),
    dMs: z.number().nullable(),
    switchMs: z.number().nullable(),
    bMs: z.number().nullable(),
    iMs: z.number().nullable(),
    zMs: z.number().nullable(),
    declaredZMs: z.number(),
    planned: z.boolean(),
  }),
);

/** `GET /api/v1/incidents/{name}`. */
export const incidentShape = z.object({
  incident: incident.nullable(),
  explanation: z.unknown(),
  failovers: failoversShape.describe('Recoveries of what it names, while it was open.'),
});

/** `GET /api/v1/intents`. */
export const intentsShape = z.array(
  z.looseObject({
    id: text,
    kind: text,
    service: text.nullable(),
    host: text.nullable(),
    owner: text,
    why: text,
    atMs,
    untilMs: atMs.nullable(),
  }),
);

/** What became of an intent. */
export const intentAnswerShape = z.union([
  z.object({ ok: z.literal(true), id: text, text }),
  z.object({ ok: z.literal(false), code: text, why: text, next: text }),
]);

/** What would come of an intent; `gapMs`: how long consumers would go without, null: not known. */
export const previewShape = z.object({
  answer: intentAnswerShape,
  will: text.nullable(),
  gapMs: z.tuple([z.number(), z.number()]).nullable(),
  active: text.nullable(),
});

/** `GET /api/v1/journal`. */
export const journalShape = z.object({
  lines: z.array(
    z.object({
      seq: z.number(),
      host: text,
      atMs,
      kind: text,
      service: text.nullable(),
      instance: text.nullable(),
      term: z.number().nullable(),
      rule: z.number().nullable(),
      because: facts,
      text,
      aside: text,
    }),
  ),
  more: z.boolean(),
  missing: z.array(gap),
});

/** `GET /api/v1/explain/{name}`. */
export const explanationShape = z.object({
  subject: text,
  state: text,
  steps: z.array(z.object({ atMs, text, rule: z.number().nullable(), facts, detail: z.boolean() })),
  waitingFor: text.nullable(),
  youCan: z.array(text),
  consumers: text.nullable(),
  missing: z.array(gap),
});

/** `GET /api/v1/logs/{name}`. */
export const logsShape = z.object({
  service: text,
  outputs: z.array(z.object({ host: text, lines: z.array(text), cut: z.boolean() })),
  missing: z.array(gap),
});

const outage = z.object({ service: text, fromMs: atMs, toMs: atMs.nullable() });

/** `GET /api/v1/budget`. */
export const budgetShape = z.object({
  unavailableMs: z.number(),
  perMs: z.number(),
  usedMs: z.number(),
  outages: z.array(outage),
  points: z.array(z.object({ atMs, usedMs: z.number() })),
});

const measured = z.object({
  service: text,
  host: text,
  bMs: z.array(z.number()),
  iMs: z.array(z.number()),
  switchMs: z.array(z.number()),
});
const checkResult = z.enum(['ok', 'warning', 'critical', 'unknown']);
const check = z.object({
  service: text,
  host: text,
  check: text,
  result: checkResult,
  text,
  atMs,
  failures: z.number(),
  recent: z.array(z.object({ atMs, result: checkResult })),
});

const described = z.object({
  name: text,
  policy: text,
  external: z.boolean(),
  on: z.array(text),
  prefer: text.nullable(),
  needs: z.array(text),
  impact: text.nullable(),
  recoverWithinMs: z.number(),
  runbook: text.nullable(),
});

/** `GET /api/v1/services/{name}`. */
export const serviceShape = z.object({
  service,
  described: described.nullable(),
  measured: z.array(measured),
  checks: z.array(check),
  failovers: failoversShape,
  missing: z.array(gap),
});

/** `GET /api/v1/hosts/{name}`. */
export const hostShape = z.object({
  host,
  address: text.nullable(),
  domains: z.array(z.object({ name: text, kind: text })),
  figures: z.looseObject({ asOfMs: atMs }).nullable().describe('Shares are 0 to 1, sizes bytes.'),
  missing: z.array(gap),
  runs: z.array(z.object({ service: text, instance })),
});

/** `GET /api/v1/timeline`. */
export const happeningsShape = z.array(
  z.object({
    atMs,
    kind: z.enum(['failover', 'restart', 'incident', 'resolved', 'person', 'description', 'host', 'store']),
    service: text.nullable(),
    host: text.nullable(),
    text,
    subject: text,
  }),
);

/** `GET /api/v1/topology`. */
export const topologyShape = z.object({
  system: text,
  serves: z.array(text),
  domains: z.array(z.object({ name: text, kind: text, in: z.array(text) })),
  hosts: z.array(z.object({ name: text, address: text, in: z.array(text) })),
  services: z.array(described),
});

/** `GET /api/v1/assessment`; one that is computing is asked for again. */
export const assessmentShape = z.union([
  z.object({ state: z.literal('computing'), hash: text, sinceMs: atMs }),
  z.object({ state: z.literal('done'), hash: text, atMs, result: assessedShape }),
  z.object({ state: z.literal('failed'), hash: text, why: text }),
]);

/** `GET /api/v1/me`; nulls: nobody is signed in. */
export const meShape = z.object({
  name: text.nullable(),
  role: role.nullable(),
  csrf: text.nullable(),
  expiresAtMs: atMs.nullable(),
  signIn: z.object({ password: z.boolean(), provider: text.nullable() }),
});

/** `GET /api/v1/users`. */
export const usersShape = z.array(z.object({ name: text, role, changedAtMs: atMs, by: text }));

/** Where there is nothing more to say. */
export const doneShape = z.object({ ok: z.literal(true) });
