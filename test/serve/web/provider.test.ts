// Signing in by an OpenID Connect provider: a small one of our own, with real keys, that can also lie.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openProvider, trusting, type Lies } from './a-provider.ts';
import { loopback, picture, serve, type Answer, type Served } from './console.ts';

/** What a browser does: goes to the provider, and comes back with the cookie of the beginning. */
async function throughProvider(
  served: Served,
  change: (back: URL) => void = () => undefined,
  page: string | null = null,
): Promise<Answer> {
  const asked = page === null ? '' : `?back=${encodeURIComponent(page)}`;
  const begin = await served.ask({ path: `/auth/provider${asked}` });
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
  const oidc = trusting(t, provider);
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

  for (const [page, lands] of [
    ['/service/pricer?since=1h', '/service/pricer?since=1h'],
    ['//evil.example/x', '/'],
    ['/.//evil.example/x', '/'],
    ['/\\evil.example', '/'],
    ['/\t/evil.example', '/'],
    ['https://evil.example/', '/'],
    ['/auth/provider', '/'],
  ] as const) {
    const back = await throughProvider(served, () => undefined, page);
    assert.deepEqual([back.status, back.headers.location], [302, lands], page);
  }

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
