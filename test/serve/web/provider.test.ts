// Signing in by an OpenID Connect provider: a small one of our own, with real keys, that can also lie.
import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { loopback, picture, serve, type Answer, type Served } from './console.ts';

interface Lies {
  nonce?: string;
  audience?: string;
  issuer?: string;
  expired?: boolean;
  otherKey?: boolean;
}

/** Issues codes to whoever comes; checks the secret, the redirect address and PKCE as a provider must. */
async function openProvider(
  t: TestContext,
): Promise<{ issuer: string; groups: string[]; lies: Lies; refused: string[] }> {
  const [keys, others] = [await generateKeyPair('ES256'), await generateKeyPair('ES256')];
  const codes = new Map<string, URLSearchParams>();
  const given = { issuer: '', groups: [] as string[], lies: {} as Lies, refused: [] as string[] };
  const server = createServer((request, response) => {
    void (async () => {
      const url = new URL(request.url ?? '', given.issuer);
      const json = (body: unknown, status = 200): void => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      };
      switch (url.pathname) {
        case '/.well-known/openid-configuration':
          return json({
            issuer: given.issuer,
            authorization_endpoint: `${given.issuer}/authorize`,
            token_endpoint: `${given.issuer}/token`,
            jwks_uri: `${given.issuer}/keys`,
            scopes_supported: ['openid', 'groups'],
          });
        case '/keys':
          return json({ keys: [{ ...(await exportJWK(keys.publicKey)), alg: 'ES256', use: 'sig', kid: '1' }] });
        case '/authorize': {
          const code = randomUUID();
          codes.set(code, url.searchParams);
          const back = new URL(url.searchParams.get('redirect_uri') ?? '');
          back.searchParams.set('code', code);
          back.searchParams.set('state', url.searchParams.get('state') ?? '');
          return void response.writeHead(302, { location: back.href }).end();
        }
        case '/token': {
          let text = '';
          for await (const part of request.setEncoding('utf8')) text += String(part);
          const form = new URLSearchParams(text);
          const asked = codes.get(form.get('code') ?? '');
          codes.delete(form.get('code') ?? '');
          const challenge = createHash('sha256')
            .update(form.get('code_verifier') ?? '')
            .digest('base64url');
          const secret = `Basic ${Buffer.from('standfast:s3cr%26t').toString('base64')}`;
          const fine =
            asked !== undefined &&
            asked.get('code_challenge') === challenge &&
            asked.get('redirect_uri') === form.get('redirect_uri') &&
            request.headers.authorization === secret;
          if (!fine) {
            given.refused.push(text);
            return json({ error: 'invalid_grant' }, 400);
          }
          const token = await new SignJWT({
            nonce: given.lies.nonce ?? asked.get('nonce'),
            email: 'maria@example.org',
            groups: given.groups,
          })
            .setProtectedHeader({ alg: 'ES256', kid: '1' })
            .setSubject('4711')
            .setIssuer(given.lies.issuer ?? given.issuer)
            .setAudience(given.lies.audience ?? 'standfast')
            .setIssuedAt()
            .setExpirationTime(given.lies.expired === true ? '-5m' : '5m')
            .sign((given.lies.otherKey === true ? others : keys).privateKey);
          return json({ id_token: token, access_token: 'x', token_type: 'Bearer' });
        }
        default:
          return json({}, 404);
      }
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  given.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return given;
}

/** What a browser does: goes to the provider, and comes back with the cookie of the beginning. */
async function throughProvider(served: Served, change: (back: URL) => void = () => undefined): Promise<Answer> {
  const begin = await served.ask({ path: '/auth/provider' });
  assert.equal(begin.status, 302);
  const cookie = String(begin.headers['set-cookie']?.[0]);
  assert.match(cookie, /HttpOnly; SameSite=Lax/);
  const there = await fetch(String(begin.headers.location), { redirect: 'manual' });
  const back = new URL(there.headers.get('location') ?? '');
  assert.equal(back.host, `127.0.0.1:${served.port}`);
  change(back);
  return served.ask({ path: `${back.pathname}${back.search}`, headers: { cookie: cookie.split(';')[0] ?? '' } });
}

test('a provider signs people in, with the role that its groups give', async (t) => {
  const provider = await openProvider(t);
  const folder = mkdtempSync(join(tmpdir(), 'sf-oidc-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'secret'), 's3cr&t\n');
  const oidc = {
    issuer: provider.issuer,
    clientId: 'standfast',
    clientSecretFile: join(folder, 'secret'),
    claim: 'groups',
    operate: ['oncall'],
    administer: ['admins'],
  };
  const { port, told } = picture();
  const served = await serve(t, port, { choice: { ...loopback, oidc } });

  for (const [groups, role] of [
    [[], 'look'],
    [['oncall', 'x'], 'operate'],
    [['admins'], 'administer'],
  ] as const) {
    provider.groups = [...groups];
    const back = await throughProvider(served);
    assert.deepEqual([back.status, back.headers.location], [302, '/'], back.text);
    const cookie = String(back.headers['set-cookie']?.[0]).split(';')[0] ?? '';
    const { json: me } = await served.ask({ path: '/api/v1/me', headers: { cookie } });
    assert.deepEqual([me.name, me.role], ['maria@example.org', role]);
    const headers = { cookie, 'standfast-csrf': me.csrf };
    const acted = await served.ask({ method: 'POST', path: '/api/v1/intents', headers, body: { kind: 'pause' } });
    assert.equal(acted.status, role === 'look' ? 403 : 200);
  }
  assert.equal(told.intents[0]?.owner, 'maria@example.org');

  const refused = async (lies: Lies, change?: (back: URL) => void): Promise<void> => {
    provider.lies = lies;
    const back = await throughProvider(served, change);
    assert.equal(back.json?.error.code, 'SF-812', JSON.stringify(lies));
    assert.ok(!String(back.headers['set-cookie']).includes('standfast-pricing='));
    provider.lies = {};
  };
  await refused({ nonce: 'another' });
  await refused({ audience: 'somebody-else' });
  await refused({ issuer: 'https://evil.example' });
  await refused({ expired: true });
  await refused({ otherKey: true });
  await refused({}, (back) => back.searchParams.set('state', 'another'));
  await refused({}, (back) => back.searchParams.set('code', 'invented'));
  await refused({}, (back) => back.searchParams.set('error', 'access_denied'));
  const without = await served.ask({ path: '/auth/provider/back?code=x&state=y' });
  assert.match(without.text, /was not begun here/);

  // A cookie of the beginning opens nothing by itself, though the same key signed it.
  const begin = await served.ask({ path: '/auth/provider' });
  const token = String(begin.headers['set-cookie']?.[0]).split(';')[0]?.split('=')[1] ?? '';
  const { json: nobody } = await served.ask({ path: '/api/v1/me', headers: { cookie: `standfast-pricing=${token}` } });
  assert.equal(nobody.name, null);
});
