// Who is signed in: a signed token in a cookie, so that every host's console knows a sign-in, also after a restart. Nothing is kept but who signed
// out. A local user's role is looked up at each request: taken away, it is gone at once. docs/decisions/071-console.md says why.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import type { AccessRole, AccountsView } from '../../api-web.ts';

/** Who is signed in. */
export interface Person {
  readonly name: string;
  readonly role: AccessRole;
  readonly via: 'password' | 'provider';
  /** What acting must send along. */
  readonly csrf: string;
  readonly expiresAtMs: number;
  /** A fresh cookie, when the present one has been in use for a while; null: not yet. */
  readonly renewed: string | null;
}

/** Signs in and out, and reads who asks. */
export interface Sessions {
  /** The cookie of a new sign-in. */
  begin(of: {
    readonly name: string;
    readonly via: Person['via'];
    readonly role: AccessRole;
    readonly stamp: number;
  }): Promise<string>;
  /** Null: nobody is signed in by these cookies. */
  read(cookies: string | undefined): Promise<Person | null>;
  /** Signs out: this token counts no more here. Gives the cookie that clears it. */
  end(cookies: string | undefined): Promise<string>;
}

/** Without use a sign-in ends after this; used or not after the longer. In s. */
const idleSeconds = 3_600;
const mostSeconds = 12 * 3_600;
/** One in use is renewed at most this often. */
const renewSeconds = 300;
/** Tokens of people who signed out. */
const mostEnded = 10_000;

const role = z.enum(['look', 'operate', 'administer']);
const claims = z.object({
  sub: z.string(),
  via: z.enum(['password', 'provider']),
  role,
  /** When the account was last changed: a new password ends older sign-ins. */
  stamp: z.number(),
  /** When the person signed in, s. */
  since: z.number(),
  jti: z.string(),
  iat: z.number(),
  exp: z.number(),
});
type Claims = z.infer<typeof claims>;

/** `accounts`: as they stand in the store now. `now`: Unix ms. */
export function openSessions(options: {
  /** Cookies know no ports, and one machine may serve several systems. */
  readonly system: string;
  readonly secure: boolean;
  readonly accounts: () => Promise<AccountsView>;
  readonly now: () => number;
}): Sessions {
  const ended = new Set<string>();
  const name = `${options.secure ? '__Host-' : ''}standfast-${options.system}`;
  const attributes = `Path=/; HttpOnly; SameSite=Strict${options.secure ? '; Secure' : ''}`;

  const cookieOf = async (key: Buffer, of: Omit<Claims, 'iat' | 'exp'>, nowSeconds: number): Promise<string> => {
    const exp = Math.min(nowSeconds + idleSeconds, of.since + mostSeconds);
    const token = await new SignJWT({ ...of })
      .setProtectedHeader({ alg: 'HS256' })
      .setAudience(options.system)
      .setIssuedAt(nowSeconds)
      .setExpirationTime(exp)
      .sign(key);
    return `${name}=${token}; ${attributes}; Max-Age=${exp - nowSeconds}`;
  };

  const verified = async (cookies: string | undefined, view: AccountsView): Promise<Claims | null> => {
    const token = cookieNamed(cookies, name);
    if (token === null) return null;
    try {
      const { payload } = await jwtVerify(token, keyOf(view), {
        algorithms: ['HS256'],
        audience: options.system,
        currentDate: new Date(options.now()),
      });
      const parsed = claims.safeParse(payload);
      return parsed.success && !ended.has(parsed.data.jti) ? parsed.data : null;
    } catch {
      return null;
    }
  };

  return {
    async begin(of) {
      const nowSeconds = Math.floor(options.now() / 1000);
      const jti = randomBytes(16).toString('base64url');
      return cookieOf(
        keyOf(await options.accounts()),
        { sub: of.name, via: of.via, role: of.role, stamp: of.stamp, since: nowSeconds, jti },
        nowSeconds,
      );
    },
    async read(cookies) {
      if (cookieNamed(cookies, name) === null) return null;
      const view = await options.accounts();
      const found = await verified(cookies, view);
      if (found === null) return null;
      const account = view.accounts.find((each) => each.name === found.sub);
      if (found.via === 'password' && account?.changedAtMs !== found.stamp) return null;
      const { iat, exp, ...kept } = found;
      const nowSeconds = Math.floor(options.now() / 1000);
      const renew = nowSeconds - iat >= renewSeconds;
      return {
        name: found.sub,
        role: found.via === 'password' ? (account?.role ?? 'look') : found.role,
        via: found.via,
        csrf: csrfOf(keyOf(view), found.jti),
        expiresAtMs: exp * 1000,
        renewed: renew ? await cookieOf(keyOf(view), kept, nowSeconds) : null,
      };
    },
    async end(cookies) {
      const found = await verified(cookies, await options.accounts());
      if (found !== null) ended.add(found.jti);
      const [oldest] = ended;
      if (ended.size > mostEnded && oldest !== undefined) ended.delete(oldest);
      return `${name}=; ${attributes}; Max-Age=0`;
    },
  };
}

/** True when it is the token of this person. */
export function isCsrf(person: Person, given: string | undefined): boolean {
  const wanted = Buffer.from(person.csrf);
  const got = Buffer.from(given ?? '');
  return wanted.length === got.length && timingSafeEqual(wanted, got);
}

/** The value of a cookie in the header `Cookie`; null: it is not there. */
export function cookieNamed(cookies: string | undefined, name: string): string | null {
  for (const part of (cookies ?? '').split(';')) {
    const equals = part.indexOf('=');
    if (equals > 0 && part.slice(0, equals).trim() === name) return part.slice(equals + 1).trim();
  }
  return null;
}

/** The key that signs the cookies. */
export function keyOf(view: AccountsView): Buffer {
  return Buffer.from(view.key, 'base64url');
}

function csrfOf(key: Buffer, jti: string): string {
  return createHmac('sha256', key).update(`csrf ${jti}`).digest('base64url');
}
