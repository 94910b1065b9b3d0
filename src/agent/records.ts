// Reads what stands in the store at the border: JSON that some agent wrote, perhaps of another version. What cannot be understood is left out
// and said so; the core trusts what comes through.

import { z } from 'zod';
import type { Incident } from '../judge/incident.ts';
import type { Reason } from '../judge/reason.ts';
import type {
  FenceRecord,
  HostReport,
  IntentRecord,
  LeaseRecord,
  RecordChange,
  SessionRecord,
  DescriptionRecord,
} from '../decide/records.ts';

const handed = z.object({
  cause: z.string(),
  from: z.string().nullable(),
  rule: z.number(),
  planned: z.boolean(),
  boot: z.string(),
  endedAt: z.number(),
  detectedAt: z.number(),
  endedAtMs: z.number(),
});

const session: z.ZodType<SessionRecord> = z.object({
  epoch: z.number(),
  dead: z.boolean(),
  left: z.boolean(),
  nonce: z.string(),
  boot: z.string(),
  keeper: z.string(),
  ttlMs: z.number(),
  mayDepose: z.array(z.string()),
  machine: z.string().default(''),
  machines: z.record(z.string(), z.string()).default({}),
});

const lease: z.ZodType<LeaseRecord> = z.object({
  term: z.number(),
  host: z.string().nullable(),
  epoch: z.number(),
  instance: z.string().nullable(),
  next: z.string().nullable(),
  // Absent where an older version wrote it.
  given: z.boolean().default(false),
  handed: handed.nullable(),
  returns: z.array(z.number()).default([]),
});

const phase = z.enum(['down', 'starting', 'passive', 'standby', 'active', 'stopping', 'failed']);
const severity = z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]);
const fault = z.union([z.literal(1), z.literal(2), z.literal(3)]);
const exit = z.object({ code: z.number().nullable(), signal: z.string().nullable(), atMs: z.number() });

/** Reasons are a closed union of our own making; of one written by a newer version the kind is unknown here, and the words say so. */
const reason = z.custom<Reason>(
  (value) => typeof value === 'object' && value !== null && 'kind' in value && 'facts' in value,
);

const finding = z.object({
  mode: z.string(),
  subject: z.string(),
  services: z.array(z.string()),
  weight: z.enum(['ahead', 'fault', 'change', 'pressure']),
  text: z.string(),
  sinceMs: z.number(),
  untilMs: z.number().nullable(),
});

const suspect = z.object({
  mode: z.string(),
  host: z.string(),
  subject: z.string(),
  text: z.string(),
  sure: z.enum(['likely', 'possible']),
  sinceMs: z.number(),
  aheadMs: z.number(),
  for: z.array(z.string()),
  against: z.array(z.string()),
});

const instanceReport = z.object({
  service: z.string(),
  instance: z.string().nullable(),
  phase,
  planned: phase,
  role: z.enum(['active', 'standby', 'passive']).nullable(),
  term: z.number(),
  pid: z.number().nullable(),
  startedAtMs: z.number().nullable(),
  restarts: z.number(),
  severity,
  cause: reason.nullable(),
  lastExit: exit.nullable(),
  failedUntilMs: z.number().nullable(),
  behindMs: z.number().nullable(),
  finishedAtMs: z.number().nullable(),
  bMs: z.array(z.number()),
  iMs: z.array(z.number()),
  switchMs: z.array(z.number()),
  // Absent where an older version wrote it.
  mending: z.object({ cause: z.string(), fromMs: z.number() }).nullable().default(null),
  predicted: z
    .object({
      atMs: z.number(),
      surprise: z
        .object({ part: z.enum(['d', 'b', 'i', 'z']), tookMs: z.number(), lowMs: z.number(), highMs: z.number() })
        .nullable(),
    })
    .nullable()
    // Absent where an older version wrote it.
    .default(null),
});

const report: z.ZodType<HostReport> = z.object({
  seq: z.number(),
  agentPid: z.number(),
  keeperPid: z.number().nullable(),
  boot: z.string(),
  leaving: z.boolean(),
  atMs: z.number(),
  uses: z.string().nullable().default(null),
  reads: z.number().default(1),
  instances: z.array(instanceReport),
  outages: z.array(z.object({ service: z.string(), fromMs: z.number(), toMs: z.number() })),
  findings: z.array(finding).default([]),
  facts: z.record(z.string(), z.string()).default({}),
});

const intent: z.ZodType<IntentRecord> = z.object({
  id: z.string(),
  verb: z.enum(['restart', 'stop', 'start', 'failover', 'pause', 'takeover', 'maintenance', 'ban']),
  service: z.string().nullable(),
  host: z.string().nullable(),
  pending: z.array(z.string()),
  owner: z.string(),
  why: z.string(),
  acceptLoss: z.boolean(),
  keep: z.boolean().default(false),
  atMs: z.number(),
  untilMs: z.number().nullable(),
});

const fence: z.ZodType<FenceRecord> = z.object({
  epoch: z.number(),
  state: z.enum(['claimed', 'confirmed', 'failed']),
  by: z.string(),
  byEpoch: z.number(),
  how: z.enum(['agent', 'hand']),
  owner: z.string().nullable(),
  why: z.string(),
  atMs: z.number(),
});

const incident: z.ZodType<Incident> = z.object({
  id: z.string(),
  key: z.string(),
  severity: fault,
  worst: fault,
  service: z.string().nullable(),
  instance: z.string().nullable(),
  host: z.string().nullable(),
  cause: reason,
  also: z.array(z.string()),
  sinceMs: z.number(),
  resolvedAtMs: z.number().nullable(),
  joined: z.string().nullable(),
  done: z.array(z.string()),
  ackBy: z.string().nullable(),
  ackAtMs: z.number().nullable(),
  flapping: z.boolean(),
  present: z.boolean(),
  settlingSinceMs: z.number().nullable(),
  turns: z.array(z.number()),
  events: z.array(
    z.object({
      n: z.number(),
      kind: z.enum(['opened', 'worsened', 'eased', 'resolved', 'flapping']),
      severity: fault,
      atMs: z.number(),
      told: z.boolean(),
    }),
  ),
  suspects: z.array(suspect).default([]),
});

const description: z.ZodType<DescriptionRecord> = z.object({
  text: z.string(),
  folder: z.string(),
  file: z.string(),
  hash: z.string(),
  format: z.number().default(1),
});

/** One key of the store as the core knows it; null: not one of ours, or not understood. */
export function readRecord(change: { key: string; value: string | null; revision: number }): RecordChange | null {
  const { key, revision } = change;
  const [room, name] = splitKey(key);
  const value = change.value === null ? null : parseJson(change.value);
  switch (room) {
    case 'description':
      return { kind: 'description', revision, ...checked(description, value) };
    case 'session':
      return { kind: 'session', host: name, revision, ...checked(session, value) };
    case 'report':
      return { kind: 'report', host: name, revision, ...checked(report, value) };
    case 'lease':
      return { kind: 'lease', service: name, revision, ...checked(lease, value) };
    case 'intent':
      return { kind: 'intent', id: name, revision, ...checked(intent, value) };
    case 'fence':
      return { kind: 'fence', host: name, revision, ...checked(fence, value) };
    case 'incidents':
      return { kind: 'incidents', revision, ...checked(z.object({ incidents: z.array(incident) }), value) };
    default:
      return null;
  }
}

/** A report that came straight from a peer; null: not understood. */
export function readReport(value: unknown): HostReport | null {
  return checked(report, value).value;
}

function splitKey(key: string): [string, string] {
  const slash = key.indexOf('/');
  return slash < 0 ? [key, ''] : [key.slice(0, slash), key.slice(slash + 1)];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function checked<T>(shape: z.ZodType<T>, value: unknown): { value: T | null } {
  if (value === null) return { value: null };
  const parsed = shape.safeParse(value);
  return { value: parsed.success ? parsed.data : null };
}
