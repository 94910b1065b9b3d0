// A small OpenID Connect provider with real keys, that can also lie.

import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

export interface Lies {
  nonce?: string;
  audience?: string;
  issuer?: string;
  expired?: boolean;
  otherKey?: boolean;
}

/** Issues codes to whoever comes; checks the secret, the redirect address and PKCE as a provider must. */
export async function openProvider(
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

/** What a console needs to let that provider sign people in, with the secret in a file for the time of the test. */
export function trusting(t: TestContext, provider: { readonly issuer: string }) {
  const folder = mkdtempSync(join(tmpdir(), 'sf-oidc-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const clientSecretFile = join(folder, 'secret');
  writeFileSync(clientSecretFile, 's3cr&t\n');
  return {
    issuer: provider.issuer,
    clientId: 'standfast',
    clientSecretFile,
    claim: 'groups',
    operate: ['oncall'],
    administer: ['admins'],
  };
}
