// A route of the API is a row: what it takes, who may, what it answers. Fastify, the OpenAPI description and the test of the roles are all made
// from these rows.

import { z } from 'zod';
import type { AccessRole } from '../../api-web.ts';
import { Refusal } from '../refusal.ts';
import type { Person } from './sessions.ts';

/** A request, read by the schemas of its row. */
export interface Asked<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** Null: nobody is signed in, which only routes that are open or for looking may see. */
  readonly person: Person | null;
  readonly cookies: string | undefined;
  /** Of who asks. */
  readonly address: string;
  /** As the page was reached: `http://127.0.0.1:7400`. */
  readonly origin: string;
}

/** What a handler gives: a body for 200, or more than that. */
export class Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;

  constructor(status: number, body: unknown, headers: Readonly<Record<string, string | readonly string[]>> = {}) {
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

/** One row; null where nothing is taken. */
export interface RouteRow {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** As in OpenAPI: `/api/v1/services/{name}`. */
  readonly path: string;
  /** `open`: for everybody who reaches the port. */
  readonly access: AccessRole | 'open';
  readonly about: string;
  readonly params: z.ZodObject | null;
  readonly query: z.ZodObject | null;
  readonly body: z.ZodType | null;
  readonly answer: z.ZodType;
  handle(raw: Asked<unknown, unknown, unknown>): Promise<unknown>;
}

const none = z.object({});

/** A row whose handler sees what was read, in its types. */
export function route<
  P extends z.ZodObject = typeof none,
  Q extends z.ZodObject = typeof none,
  B extends z.ZodType = z.ZodUndefined,
>(row: {
  readonly method: RouteRow['method'];
  readonly path: string;
  readonly access: RouteRow['access'];
  readonly about: string;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly answer: z.ZodType;
  handle(asked: Asked<z.output<P>, z.output<Q>, z.output<B>>): Promise<unknown>;
}): RouteRow {
  return {
    method: row.method,
    path: row.path,
    access: row.access,
    about: row.about,
    params: row.params ?? null,
    query: row.query ?? null,
    body: row.body ?? null,
    answer: row.answer,
    handle: (raw) =>
      row.handle({
        ...raw,
        params: read(row.params, raw.params, 'path'),
        query: read(row.query, raw.query, 'query'),
        body: read(row.body, raw.body, 'body'),
      }),
  };
}

/** In its shape, or refused with every field that is wrong. Without a shape nothing is read. */
function read<T extends z.ZodType>(shape: T | undefined, value: unknown, where: string): z.output<T> {
  if (shape === undefined) return undefined as z.output<T>;
  const parsed = shape.safeParse(value ?? (where === 'body' ? undefined : {}));
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map((issue) => `${[where, ...issue.path.map(String)].join('.')}: ${issue.message}`);
  throw new Refusal(400, 'SF-802', wrong.slice(0, 10).join('; '), 'GET /api/v1/openapi.json shows what is wanted.');
}
