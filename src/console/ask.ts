// Questions to the server, and what a refusal says. A failure of any route is an `ApiFailure`; of acts and runbooks, `{ ok: false, code, why, next }`.

import { useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import type { Me } from '../api-web.ts';

/** What the server refuses or could not do: a code, why, and what to do next. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: string;
  readonly next: string;
  readonly status: number;

  constructor(said: { readonly code: string; readonly why: string; readonly next: string }, status: number) {
    super(said.why);
    this.code = said.code;
    this.next = said.next;
    this.status = status;
  }
}

/** What was thrown, as a `Failure`: what comes from the page itself has no code. */
export function failureOf(thrown: unknown): Failure {
  return thrown instanceof Failure ? thrown : new Failure({ code: '', why: String(thrown), next: '' }, 0);
}

/** GET. Throws a `Failure`. */
export function ask<T>(path: string): Promise<T> {
  return exchange<T>(path, { method: 'GET' });
}

/** POST, as who is signed in. Throws a `Failure`. */
export function send<T>(path: string, body: unknown, me: Me | undefined): Promise<T> {
  return exchange<T>(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'standfast-csrf': me?.csrf ?? '' },
    body: JSON.stringify(body),
  });
}

/** A question whose answer is asked for again when the system changes. */
export function useAsked<T>(path: string, more: { readonly everyMs?: number } = {}): UseQueryResult<T> {
  return useQuery<T>({
    queryKey: ['live', path],
    queryFn: () => ask<T>(path),
    refetchInterval: more.everyMs ?? false,
  });
}

/** Who is signed in. */
export function useMe(): Me | undefined {
  return useQuery({ queryKey: ['me'], queryFn: () => ask<Me>('/api/v1/me'), staleTime: 60_000 }).data;
}

/** After signing in or out. */
export function useForgetMe(): () => Promise<void> {
  const client = useQueryClient();
  return () => client.invalidateQueries();
}

/** A part of an address, as one path segment. */
export function at(name: string): string {
  return encodeURIComponent(name);
}

async function exchange<T>(path: string, request: RequestInit): Promise<T> {
  const answer = await fetch(path, request).catch(() => null);
  if (answer === null)
    throw new Failure({ code: '', why: 'the console does not answer', next: 'It is tried again; is its host up?' }, 0);
  const body: unknown = await answer.json().catch(() => null);
  // The shapes are the server's, of this same version.
  if (answer.ok) return body as T;
  throw new Failure(
    saidIn(body) ?? { code: '', why: `it answered ${answer.status}`, next: 'Load the page anew.' },
    answer.status,
  );
}

function saidIn(body: unknown): { code: string; why: string; next: string } | null {
  const said = isRecord(body) && isRecord(body['error']) ? body['error'] : body;
  if (!isRecord(said)) return null;
  const { code, why, next } = said;
  return typeof code === 'string' && typeof why === 'string' && typeof next === 'string' ? { code, why, next } : null;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
