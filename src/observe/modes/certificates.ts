// Certificates in files (PEM, DER, PKCS#12) and on live ports: their days, names, chains, keys, and whether a renewed file is loaded.
// Files: certificate-file.ts.

import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { connect, type DetailedPeerCertificate } from 'node:tls';
import type { FindingWeight, Seen } from '../../model/mode.ts';
import { openCertificateFiles, type CertificateFiles } from './certificate-file.ts';
import { openIssuers, openRenewals, warnWithinMs, type Issuers, type Renewals } from './certificate-memory.ts';
import type { Detector } from './detector.ts';
import type { Ground } from './ground.ts';
import type { WatchedCertificate } from './watch.ts';
import { spanWords } from '../../model/amount-words.ts';

const everyMs = 30_000;
const askWithinMs = 5000;

/** Opens the detector. */
export function openCertificates(ground: Ground): Detector {
  let renewals: Renewals | null = null;
  let issuers: Issuers | null = null;
  const files = openCertificateFiles(ground);
  return {
    name: 'certificates',
    everyMs,
    async look(watch) {
      const known = {
        renewals: (renewals ??= openRenewals(`${watch.kept}/renewed.json`)),
        issuers: (issuers ??= openIssuers(`${watch.kept}/issuers.json`)),
        files,
      };
      const all = await Promise.all(watch.certificates.map((each) => lookAt(ground, each, known)));
      return { seen: all.flat() };
    },
  };
}

async function lookAt(
  ground: Ground,
  watched: WatchedCertificate,
  { files, ...known }: { readonly renewals: Renewals; readonly issuers: Issuers; readonly files: CertificateFiles },
): Promise<Seen[]> {
  const fromFile = watched.file === null ? null : await files.read(watched.file, watched);
  const fromPort = watched.on === null ? null : await readPort(watched.on, watched.name);
  const seen: Seen[] = [];
  const at = { nowMs: ground.now(), beside: watched.file, ...known };
  const say = (mode: string, subject: string, weight: FindingWeight, text: string): void => {
    seen.push({ mode, subject, services: watched.services, weight, text });
  };
  if (fromFile !== null && watched.file !== null) {
    if (fromFile.kind === 'unreadable')
      say('certificate-unreadable', watched.file, 'fault', `${watched.file}: ${fromFile.why}`);
    if (fromFile.kind === 'read') judge(watched.file, fromFile.chain, watched.name, at, say);
  }
  if (fromPort !== null && watched.on !== null) {
    const asked = watched.name ?? nameOf(watched.on);
    judge(watched.on, fromPort, asked, at, say);
    const [served] = fromPort;
    const [kept] = fromFile?.kind === 'read' ? fromFile.chain : [];
    if (served !== undefined && kept !== undefined && served.fingerprint256 !== kept.fingerprint256) {
      const renewed = Date.parse(kept.validFrom) >= Date.parse(served.validFrom);
      if (renewed)
        say(
          'certificate-not-loaded',
          watched.on,
          'ahead',
          `${watched.on} still shows the certificate that ends ${day(served.validTo)}; ${watched.file ?? 'its file'} holds one that ends ${day(kept.validTo)}`,
        );
    }
  }
  return seen;
}

interface At {
  readonly nowMs: number;
  readonly renewals: Renewals;
  readonly issuers: Issuers;
  /** The file of a port. */
  readonly beside: string | null;
}

type Say = (mode: string, subject: string, weight: FindingWeight, text: string) => void;

function judge(subject: string, chain: readonly X509Certificate[], name: string | null, at: At, say: Say): void {
  const [leaf] = chain;
  if (leaf === undefined || isTrustStore(chain)) return;
  // One of them is told: what holds clients up now goes before what will, and then the first in the chain.
  const times = chain.map((each) =>
    each === leaf
      ? timeOf(each, subject, at.nowMs, at.renewals.warnWithin(subject, leaf))
      : timeOf(each, issuerOf(subject, each), at.nowMs, warnWithinMs),
  );
  const worst = times.find((each) => each?.weight === 'fault') ?? times.find((each) => each !== null) ?? null;
  if (worst !== null) say('certificate-expiry', subject, worst.weight, worst.text);
  if (name !== null && !hasName(leaf, name))
    say('certificate-name', subject, 'fault', `the certificate of ${subject} is for ${namesOf(leaf)}, not for ${name}`);
  const gap = chain.findIndex((each, index) => {
    const next = chain[index + 1];
    // What issued itself needs nobody: below it stands another's, unless they stand in the wrong order.
    if (next !== undefined) return !each.checkIssued(next) && (!each.checkIssued(each) || next.checkIssued(each));
    return at.issuers.isMissed([subject, at.beside ?? subject], chain);
  });
  const first = chain[gap];
  if (gap >= 0 && first !== undefined)
    say(
      'certificate-chain',
      subject,
      'fault',
      `the chain of ${subject} has a gap: ${commonName(first.subject)} is not followed by its issuer ${commonName(first.issuer)}`,
    );
}

/** Roots that somebody trusts, not what anybody serves: among many some are always at their end. */
function isTrustStore(chain: readonly X509Certificate[]): boolean {
  return chain.length > 1 && chain.every((each) => each.ca && each.checkIssued(each));
}

/** What is wrong with its days; null: nothing. */
function timeOf(
  certificate: X509Certificate,
  whose: string,
  nowMs: number,
  withinMs: number,
): { readonly weight: FindingWeight; readonly text: string } | null {
  const endsMs = Date.parse(certificate.validTo) - nowMs;
  const ends = day(certificate.validTo);
  if (endsMs <= 0)
    return { weight: 'fault', text: `the certificate of ${whose} expired ${spanWords(-endsMs)} ago, on ${ends}` };
  if (Date.parse(certificate.validFrom) > nowMs)
    return {
      weight: 'fault',
      text: `the certificate of ${whose} is not yet valid: it begins ${day(certificate.validFrom)}`,
    };
  return endsMs < withinMs
    ? { weight: 'ahead', text: `the certificate of ${whose} expires in ${spanWords(endsMs)}, on ${ends}` }
    : null;
}

function issuerOf(subject: string, certificate: X509Certificate): string {
  return `${subject}, issuer ${commonName(certificate.subject)}`;
}

function hasName(certificate: X509Certificate, name: string): boolean {
  return isIP(name) === 0 ? certificate.checkHost(name) !== undefined : certificate.checkIP(name) !== undefined;
}

function namesOf(certificate: X509Certificate): string {
  return certificate.subjectAltName?.replaceAll(/DNS:|IP Address:/g, '') ?? commonName(certificate.subject);
}

function commonName(text: string): string {
  return /CN ?= ?([^\n,]+)/.exec(text)?.[1] ?? text.replaceAll('\n', ', ');
}

function day(text: string): string {
  return new Date(text).toISOString().slice(0, 10);
}

function nameOf(address: string): string | null {
  const host = address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '');
  return isIP(host) === 0 && host !== 'localhost' ? host : null;
}

/** What the port shows, as far as it shows it; null: it takes no TLS now (ports.ts finds that). */
function readPort(address: string, name: string | null): Promise<readonly X509Certificate[] | null> {
  const at = address.lastIndexOf(':');
  const host = address.slice(0, at).replace(/^\[|\]$/g, '');
  const servername = name ?? (isIP(host) === 0 ? host : undefined);
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port: Number(address.slice(at + 1)),
      rejectUnauthorized: false,
      timeout: askWithinMs,
      ...(servername === undefined || isIP(servername) !== 0 ? {} : { servername }),
    });
    const done = (chain: readonly X509Certificate[] | null): void => {
      socket.destroy();
      resolve(chain);
    };
    socket.on('secureConnect', () => done(chainOf(socket.getPeerCertificate(true))));
    socket.on('timeout', () => done(null));
    socket.on('error', () => done(null));
  });
}

function chainOf(peer: DetailedPeerCertificate): readonly X509Certificate[] {
  const chain: X509Certificate[] = [];
  for (let each: DetailedPeerCertificate | undefined = peer; each?.raw !== undefined; each = each.issuerCertificate) {
    const made = new X509Certificate(each.raw);
    if (chain.some((known) => known.fingerprint256 === made.fingerprint256)) break;
    chain.push(made);
  }
  return chain;
}
