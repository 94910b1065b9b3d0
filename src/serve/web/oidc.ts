// Sign-in by an OpenID Connect provider: authorization code flow (Core 1.0 §3.1) with PKCE (RFC 7636), state and nonce. What must be remembered
// until the person comes back is in a signed cookie of ten minutes, so nothing is kept here and any host's console can finish it.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRemoteJWKSet, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import type { AccessRole } from '../../api-web.ts';
import { errorWords } from '../../model/error-words.ts';
import type { ConsoleOidc } from '../../model/system.ts';
import { Refusal } from '../refusal.ts';
import type { ConsolePort } from './port.ts';
import { Reply } from './route.ts';
import { cookieNamed, keyOf, type Sessions } from './sessions.ts';

interface Provider {
  /** Sends to the provider, to come back to that page of ours: a path, else the first page. */
  begin(origin: string, page: string | undefined): Promise<Reply>;
  /** Takes who comes back from there. */
  end(back: {
    readonly origin: string;
    readonly cookies: string | undefined;
    readonly code: string | undefined;
    readonly state: string | undefined;
    readonly error: string | undefined;
  }): Promise<Reply>;
}

const beginCookie = 'standfast-provider';
const beginSeconds = 600;
const withinMs = 10_000;
/** Keys and endpoints are read anew after this. */
const discoveredForMs = 600_000;

const discovery = z.object({
  issuer: z.string(),
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
  jwks_uri: z.url(),
  scopes_supported: z.array(z.string()).default([]),
});
type Discovery = z.infer<typeof discovery>;
const begun = z.object({ state: z.string(), nonce: z.string(), verifier: z.string(), page: z.string().default('/') });
const tokens = z.object({ id_token: z.string() });

/** Asks nothing of the provider before somebody signs in. `secure`: cookies only over TLS. */
export function openProvider(of: {
  readonly oidc: ConsoleOidc;
  readonly port: ConsolePort;
  readonly sessions: Sessions;
  readonly secure: boolean;
}): Provider {
  const { oidc, port } = of;
  let known: {
    readonly atMs: number;
    readonly found: Discovery;
    readonly keys: ReturnType<typeof createRemoteJWKSet>;
  } | null = null;
  // Lax, since the way back begins at the provider; it opens nothing by itself.
  const attributes = `Path=/auth; HttpOnly; SameSite=Lax${of.secure ? '; Secure' : ''}`;

  const discover = async (): Promise<NonNullable<typeof known>> => {
    if (known !== null && Date.now() - known.atMs < discoveredForMs) return known;
    const url = `${oidc.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const found = discovery.parse(
      await json(await fetch(url, { signal: AbortSignal.timeout(withinMs), redirect: 'error' })),
    );
    if (found.issuer !== oidc.issuer) throw new Error(`it calls itself ${found.issuer}`);
    known = {
      atMs: Date.now(),
      found,
      keys: createRemoteJWKSet(new URL(found.jwks_uri), { timeoutDuration: withinMs }),
    };
    return known;
  };

  const exchange = async (found: Discovery, origin: string, code: string, verifier: string): Promise<string> => {
    const secret = oidc.clientSecretFile === null ? null : (await readFile(oidc.clientSecretFile, 'utf8')).trim();
    const form = new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: backTo(origin),
      code_verifier: verifier,
      client_id: oidc.clientId,
    });
    const answer = await fetch(found.token_endpoint, {
      method: 'POST',
      body: form,
      redirect: 'error',
      signal: AbortSignal.timeout(withinMs),
      headers: {
        accept: 'application/json',
        // RFC 6749 §2.3.1: both are form-encoded before they are put together.
        ...(secret === null
          ? {}
          : {
              authorization: `Basic ${Buffer.from(`${encodeURIComponent(oidc.clientId)}:${encodeURIComponent(secret)}`).toString('base64')}`,
            }),
      },
    });
    return tokens.parse(await json(answer)).id_token;
  };

  return {
    async begin(origin, page) {
      const { found } = await saying('it could not be asked where to sign in', discover);
      const what = { state: random(), nonce: random(), verifier: random(), page: ourPage(origin, page) };
      const token = await new SignJWT(what)
        .setProtectedHeader({ alg: 'HS256' })
        .setAudience(beginCookie)
        .setExpirationTime(`${beginSeconds}s`)
        .sign(keyOf(await port.accounts()));
      const url = new URL(found.authorization_endpoint);
      const asked = {
        response_type: 'code',
        client_id: oidc.clientId,
        redirect_uri: backTo(origin),
        // Some providers give groups only when asked by name, and others refuse a scope that they don't know.
        scope: ['openid', 'profile', 'email', ...found.scopes_supported.filter((each) => each === oidc.claim)].join(
          ' ',
        ),
        state: what.state,
        nonce: what.nonce,
        code_challenge: createHash('sha256').update(what.verifier).digest('base64url'),
        code_challenge_method: 'S256',
      };
      for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
      return new Reply(302, undefined, {
        location: url.href,
        'set-cookie': `${beginCookie}=${token}; ${attributes}; Max-Age=${beginSeconds}`,
      });
    },
    async end({ origin, cookies, code, state, error }) {
      if (error !== undefined) throw failed(`the provider says ${error.slice(0, 100)}`);
      const remembered = await rememberedIn(cookies, keyOf(await port.accounts()));
      if (remembered === null) throw failed('this sign-in was not begun here, or more than ten minutes ago');
      if (code === undefined || !same(remembered.state, state ?? ''))
        throw failed('its answer belongs to another question');
      const person = await saying('its answer could not be used', async () => {
        const { found, keys } = await discover();
        const idToken = await exchange(found, origin, code, remembered.verifier);
        const { payload } = await jwtVerify(idToken, keys, {
          issuer: found.issuer,
          audience: oidc.clientId,
          requiredClaims: ['sub', 'exp', 'iat'],
          clockTolerance: 30,
        });
        if (!same(remembered.nonce, textOf(payload['nonce']))) throw new Error('the nonce is not ours');
        return { name: nameIn(payload), role: roleIn(payload[oidc.claim], oidc) };
      });
      const cookie = await of.sessions.begin({ ...person, via: 'provider', stamp: 0 });
      return new Reply(302, undefined, {
        location: remembered.page,
        'set-cookie': [cookie, `${beginCookie}=; ${attributes}; Max-Age=0`],
      });
    },
  };
}

/** A page of this console alone: nobody is sent elsewhere by a link that begins here, and a cookie holds only so much. */
function ourPage(origin: string, page: string | undefined): string {
  if (page === undefined || page.length > 500 || !page.startsWith('/') || !URL.canParse(page, origin)) return '/';
  const { origin: its, pathname, search } = new URL(page, origin);
  // What is put right while it is read may only then lead elsewhere: `/.//there`.
  return its === new URL(origin).origin && !/^\/(?:\/|auth\/|api\/)/.test(pathname) ? `${pathname}${search}` : '/';
}

function backTo(origin: string): string {
  return `${origin}/auth/provider/back`;
}

async function rememberedIn(cookies: string | undefined, key: Buffer): Promise<z.infer<typeof begun> | null> {
  const token = cookieNamed(cookies, beginCookie);
  if (token === null) return null;
  try {
    const { payload } = await jwtVerify(token, key, { algorithms: ['HS256'], audience: beginCookie });
    return begun.parse(payload);
  } catch {
    return null;
  }
}

/** As the journal will name the owner: the most readable that the provider gives. */
function nameIn(claims: Readonly<Record<string, unknown>>): string {
  const said = [claims['email'], claims['preferred_username'], claims['name'], claims['sub']].find(
    (each): each is string => typeof each === 'string' && each !== '',
  );
  return (said ?? 'unnamed').slice(0, 200);
}

function roleIn(values: unknown, oidc: ConsoleOidc): AccessRole {
  const has = (wanted: readonly string[]): boolean =>
    wanted.some((each) => (Array.isArray(values) ? values.includes(each) : values === each));
  if (has(oidc.administer)) return 'administer';
  return has(oidc.operate) ? 'operate' : 'look';
}

async function json(answer: Response): Promise<unknown> {
  const text = await answer.text();
  if (!answer.ok) throw new Error(`it answered ${answer.status}: ${text.slice(0, 200)}`);
  const read: unknown = JSON.parse(text);
  return read;
}

async function saying<T>(what: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw failed(`${what}: ${errorWords(error)}`);
  }
}

function failed(why: string): Refusal {
  return new Refusal(
    502,
    'SF-812',
    `signing in by the provider came to nothing: ${why}`,
    'Try again; if it stays so, look at console.oidc in the description.',
  );
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function random(): string {
  return randomBytes(32).toString('base64url');
}

function same(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
