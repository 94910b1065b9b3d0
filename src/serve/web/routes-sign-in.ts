// Signing in and out, and who one is.

import type { Me } from '../../api-web.ts';
import { errorWords } from '../../model/error-words.ts';
import type { ConsoleOidc } from '../../model/system.ts';
import { Refusal } from '../refusal.ts';
import { openProvider } from './oidc.ts';
import { hashesAtOnce } from './one-at-a-time.ts';
import { isPassword } from './passwords.ts';
import type { ConsolePort } from './port.ts';
import { Reply, route, type RouteRow } from './route.ts';
import type { Person, Sessions } from './sessions.ts';
import { doneShape, meShape, signInShape } from './shapes.ts';
import { openTries } from './tries.ts';
import { z } from 'zod';

/** Signing in and out, by password and by provider (null: there is none). */
export function signInRoutes(of: {
  readonly port: ConsolePort;
  readonly sessions: Sessions;
  readonly oidc: ConsoleOidc | null;
  readonly secure: boolean;
  readonly log: (text: string) => void;
}): readonly RouteRow[] {
  const { port, sessions, oidc } = of;
  const tries = openTries(() => performance.now());
  const inTurn = hashesAtOnce();
  const me = async (person: Person | null): Promise<Me> => ({
    name: person?.name ?? null,
    role: person?.role ?? null,
    csrf: person?.csrf ?? null,
    expiresAtMs: person?.expiresAtMs ?? null,
    signIn: {
      password: (await port.accounts().catch(() => null))?.accounts.length !== 0,
      provider: oidc === null ? null : new URL(oidc.issuer).host,
    },
  });
  const rows = [
    route({
      method: 'GET',
      path: '/api/v1/me',
      access: 'open',
      about: 'Who is signed in, what acting must send along, and how one can sign in.',
      answer: meShape,
      handle: ({ person }) => me(person),
    }),
    route({
      method: 'POST',
      path: '/api/v1/sign-in',
      access: 'open',
      about: 'Signs in with a password; the cookie comes with the answer.',
      body: signInShape,
      answer: meShape,
      async handle({ body, address }) {
        const wait = tries.waitSeconds(address, body.name);
        if (wait > 0)
          throw new Refusal(429, 'SF-808', 'too many tries to sign in', `Wait ${wait} s, then try again.`, wait);
        const { accounts } = await port.accounts();
        const account = accounts.find((each) => each.name === body.name);
        // For a name that nobody has it takes as long: whether there is such a user can't be told from it.
        const right = await inTurn(() => isPassword(body.password, account?.password ?? null));
        if (!right || account === undefined) {
          tries.failed(address, body.name);
          of.log(`sign-in failed from ${address}`);
          throw new Refusal(
            401,
            'SF-807',
            'name or password is wrong',
            'Try again; a new password: standfast user add NAME',
          );
        }
        const cookie = await sessions.begin({
          name: account.name,
          via: 'password',
          role: account.role,
          stamp: account.changedAtMs,
        });
        of.log(`${account.name} signed in from ${address}`);
        return new Reply(200, await me(await sessions.read(cookie)), { 'set-cookie': cookie });
      },
    }),
    route({
      method: 'POST',
      path: '/api/v1/sign-out',
      access: 'open',
      about: 'Signs out.',
      answer: doneShape,
      async handle({ cookies }) {
        return new Reply(200, { ok: true }, { 'set-cookie': await sessions.end(cookies) });
      },
    }),
  ];
  if (oidc === null) return rows;
  const provider = openProvider({ oidc, port, sessions, secure: of.secure });
  return [
    ...rows,
    route({
      method: 'GET',
      path: '/auth/provider',
      access: 'open',
      about: 'Goes to the provider to sign in there; then to the page `back` of the console.',
      query: z.looseObject({ back: z.string().optional() }),
      answer: z.unknown(),
      handle: ({ origin, query }) => provider.begin(origin, query.back),
    }),
    route({
      method: 'GET',
      path: '/auth/provider/back',
      access: 'open',
      about: 'Where the provider sends people back to.',
      query: z.looseObject({ code: z.string().optional(), state: z.string().optional(), error: z.string().optional() }),
      answer: z.unknown(),
      async handle({ origin, query, cookies, address }) {
        try {
          return await provider.end({ origin, cookies, code: query.code, state: query.state, error: query.error });
        } catch (error) {
          of.log(`sign-in by the provider failed from ${address}: ${errorWords(error)}`);
          throw error;
        }
      },
    }),
  ];
}
