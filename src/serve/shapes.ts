// The bodies that the agent's socket takes, and the clear word for those it does not.

import { z } from 'zod';
import { Refusal } from './refusal.ts';

const flag = z.enum(['ok', 'degraded', 'failed']);

/** `"ok"`, or `{ "status": "ok", "subsystems": { "db": "degraded" } }`. What else a service says is left out, as where it is asked by HTTP. */
export const statusBody = z.union([
  flag.transform((status) => ({ status, subsystems: {}, behindMs: null })),
  z.object({
    status: flag,
    subsystems: z.record(z.string().max(200), flag).default({}),
    behindMs: z.number().min(0).nullable().default(null),
  }),
]);

/** `POST /v1/role/confirm`. */
export const confirmBody = z.strictObject({ role: z.enum(['active', 'standby', 'passive']), term: z.int().min(0) });

const name = z.string().min(1).max(200);

/** What is asked of another host, on behalf of its asker. */
export const elsewhereBody = z.strictObject({
  host: name,
  what: z.enum(['journal', 'output', 'outputSince', 'details']),
  body: z.unknown(),
});

/** What a person asks; `forMs` null: as long as is usual. */
export const intentBody = z.strictObject({
  kind: z.enum(['restart', 'stop', 'start', 'failover', 'pause', 'resume', 'maintenance', 'ban', 'fence', 'down']),
  service: name.nullable().default(null),
  host: name.nullable().default(null),
  owner: name,
  why: z.string().max(2000).default(''),
  forMs: z.number().positive().nullable().default(null),
  acceptLoss: z.boolean().default(false),
  leaveRunning: z.boolean().default(false),
  confirm: z.boolean().default(false),
  keep: z.boolean().default(false),
  end: z.boolean().default(false),
});

/** A description that is to be in force; `revision`: of the one that it was made from. */
export const applyBody = z.strictObject({
  text: z.string(),
  folder: z.string().max(4096),
  file: z.string().max(4096),
  revision: z.int().min(0),
  owner: name,
  why: z.string().max(2000).default(''),
});

/** Who takes an incident. */
export const ackBody = z.strictObject({ owner: name });

/** A user of the console, as kept. */
export const accountBody = z.strictObject({
  role: z.enum(['look', 'operate', 'administer']),
  /** A PHC string: no password comes over the socket. */
  password: z.string().startsWith('$argon2id$').max(1000),
  changedAtMs: z.number(),
  by: name,
});

/** The body in its shape. Refuses with 400, naming every field that is wrong. */
export function parsed<T>(shape: z.ZodType<T>, body: unknown): T {
  const read = shape.safeParse(body);
  if (read.success) return read.data;
  const wrong = read.error.issues.map((issue) => {
    const where = issue.path.join('.');
    return where === '' ? issue.message : `${where}: ${issue.message}`;
  });
  const why = body === undefined ? 'the body is missing' : wrong.join('; ');
  throw new Refusal(400, 'SF-703', why, 'docs/member.md shows what services send, docs/socket.md all else.');
}
