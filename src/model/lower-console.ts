// From the key `console` to where the web page listens.

import { resolve } from 'node:path';
import { missing, type Reading } from './reading.ts';
import type { ConsoleShape } from './shape-console.ts';
import type { ConsoleChoice, ConsoleOidc } from './system.ts';

/** Where it listens unless the description says otherwise. */
const usual = { address: '127.0.0.1', port: 7420 } as const;

/** Null: none is wanted. */
export function lowerConsole(reading: Reading, given: ConsoleShape | undefined): ConsoleChoice | null {
  if (given === false) return null;
  const shape = given === true ? undefined : given;
  const at = shape?.listen === undefined ? usual : listenAt(reading, shape.listen);
  const tls = lowerTls(reading, shape?.tls);
  if (!isLoopback(at.address) && tls === null && !reading.wasWrong(['console', 'tls']))
    reading.findings.add(
      'SF-181',
      ['console', 'listen'],
      `the console would listen on ${at.address} without TLS, so passwords could be read on the way`,
      'Add `tls: { cert: cert.pem, key: key.pem }`, or listen on 127.0.0.1 and reach it through ssh -L.',
    );
  return {
    ...at,
    usual: shape?.listen === undefined,
    tls,
    names: (shape?.names ?? []).map((name) => name.toLowerCase()),
    oidc: lowerOidc(reading, shape?.oidc),
  };
}

/** 127.0.0.0/8, ::1 and localhost. */
export function isLoopback(address: string): boolean {
  return address === '::1' || address === 'localhost' || /^127\.\d+\.\d+\.\d+$/.test(address);
}

function listenAt(reading: Reading, text: string): { readonly address: string; readonly port: number } {
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([^[\]:]+)):(\d{1,5})$/.exec(text);
  const address = parts?.[1] ?? parts?.[2] ?? '';
  const port = Number(parts?.[3]);
  if (address !== '' && port <= 65_535 && !/[\s/@]/.test(address)) return { address, port };
  reading.findings.add(
    'SF-180',
    ['console', 'listen'],
    `"${text.slice(0, 60)}" is not an address and a port`,
    'Write for example "127.0.0.1:7420", "[::1]:7420" or "0.0.0.0:7420".',
  );
  return usual;
}

type Tls = Exclude<ConsoleShape, boolean>['tls'];
type Oidc = Exclude<ConsoleShape, boolean>['oidc'];

function lowerTls(reading: Reading, tls: Tls): ConsoleChoice['tls'] {
  if (tls === undefined) return null;
  const path = ['console', 'tls'];
  if (tls.cert === undefined) missing(reading, path, 'cert', 'Name the file of the certificate: cert: cert.pem.');
  if (tls.key === undefined) missing(reading, path, 'key', 'Name the file of its key: key: key.pem.');
  return { cert: resolve(reading.folder, tls.cert ?? ''), key: resolve(reading.folder, tls.key ?? '') };
}

function lowerOidc(reading: Reading, oidc: Oidc): ConsoleOidc | null {
  if (oidc === undefined) return null;
  const path = ['console', 'oidc'];
  if (oidc.issuer === undefined) missing(reading, path, 'issuer', 'Name the provider: issuer: "https://id.example".');
  else checkIssuer(reading, oidc.issuer, [...path, 'issuer']);
  if (oidc.clientId === undefined)
    missing(reading, path, 'clientId', 'Name us as the provider does: clientId: standfast.');
  return {
    issuer: oidc.issuer ?? '',
    clientId: oidc.clientId ?? '',
    clientSecretFile: oidc.clientSecretFile === undefined ? null : resolve(reading.folder, oidc.clientSecretFile),
    claim: oidc.claim ?? 'groups',
    operate: oidc.operate ?? [],
    administer: oidc.administer ?? [],
  };
}

/** Tokens go there: only over TLS, except to this machine itself. */
function checkIssuer(reading: Reading, issuer: string, path: readonly string[]): void {
  const url = URL.canParse(issuer) ? new URL(issuer) : null;
  const host = url?.hostname.replace(/^\[|\]$/g, '') ?? '';
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(host))) return;
  reading.findings.add(
    'SF-182',
    path,
    `"${issuer.slice(0, 60)}" is not an https URL`,
    'Write the issuer as the provider states it, for example "https://id.example".',
  );
}
