// Certificates in files (PEM, DER, PKCS#12) and on live ports: their days, names, chains, keys, and whether a renewed file is loaded.
// Files are read by processes of our own, since they may lie on what hangs; a PKCS#12 file is opened by openssl.

import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { connect, type DetailedPeerCertificate } from 'node:tls';
import { errorWords } from '../../model/error-words.ts';
import type { FindingWeight, Seen } from '../../model/mode.ts';
import type { Detector } from './detector.ts';
import { isDenied, isRoot, type Asked, type Ground } from './ground.ts';
import { keep, readKept } from './kept.ts';
import { listOf } from './since-boot.ts';
import type { WatchedCertificate } from './watch.ts';
import { spanWords } from '../../model/amount-words.ts';

const everyMs = 30_000;
const warnWithinMs = 21 * 86_400_000;
/** What is renewed by itself is renewed with a third of its time left, as ACME clients do. */
const shortLivedMs = 3 * warnWithinMs;
/** Then this part of its time is left only when that has failed. */
const lateShare = 0.25;
/** One that is renewed is given about the same time. */
const alike = 0.1;
const askWithinMs = 5000;

/** Opens the detector. */
export function openCertificates(ground: Ground): Detector {
  let renewals: Renewals | null = null;
  return {
    name: 'certificates',
    everyMs,
    async look(watch) {
      const known = (renewals ??= openRenewals(`${watch.kept}/renewed.json`));
      const all = await Promise.all(watch.certificates.map((each) => lookAt(ground, each, known)));
      return { seen: all.flat() };
    },
  };
}

/** Short-lived certificates that were seen to be renewed by others as short-lived: few days left are usual there. */
interface Renewals {
  /** With this left of it somebody is to be told, ms. */
  warnWithin(subject: string, certificate: X509Certificate): number;
}

/** Kept in this file. */
function openRenewals(path: string): Renewals {
  const renewed = new Set(listOf(readKept(path)));
  const last = new Map<string, { readonly fingerprint: string; readonly livesMs: number }>();
  return {
    warnWithin(subject, { fingerprint256: fingerprint, validFrom, validTo }) {
      const livesMs = Date.parse(validTo) - Date.parse(validFrom);
      const before = last.get(subject);
      last.set(subject, { fingerprint, livesMs });
      const isNew = before !== undefined && before.fingerprint !== fingerprint;
      if (isNew && !renewed.has(subject) && Math.abs(livesMs - before.livesMs) <= alike * livesMs) {
        renewed.add(subject);
        keep(path, [...renewed]);
      }
      return livesMs < shortLivedMs && renewed.has(subject) ? lateShare * livesMs : warnWithinMs;
    },
  };
}

async function lookAt(ground: Ground, watched: WatchedCertificate, renewals: Renewals): Promise<Seen[]> {
  const fromFile = watched.file === null ? null : await readFile(ground, watched.file, watched.passwordFile);
  const fromPort = watched.on === null ? null : await readPort(watched.on, watched.name);
  const seen: Seen[] = [];
  const at = { nowMs: ground.now(), renewals };
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
    // Alone, or the last: who issued it must be known to clients, as a root is. An issuer that issued nothing here is for clients to have.
    return false;
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

type FromFile =
  | { readonly kind: 'read'; readonly chain: readonly X509Certificate[] }
  | { readonly kind: 'unreadable'; readonly why: string }
  /** Its disk does not answer, or we may not ask: that is told elsewhere. */
  | { readonly kind: 'unknown' };

async function readFile(ground: Ground, path: string, passwordFile: string | null): Promise<FromFile> {
  const isStore = /\.(p12|pfx)$/i.test(path);
  const asked = isStore ? await readStore(ground, path, passwordFile) : await readPlain(ground, path);
  if (asked.kind !== 'ended') return { kind: 'unknown' };
  if (asked.code !== 0 && isRoot && isDenied.test(asked.errors)) return { kind: 'unknown' };
  if (asked.code !== 0) return { kind: 'unreadable', why: whyNot(asked.errors, isStore) };
  const parts = asked.output.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  if (parts.length === 0) return { kind: 'unreadable', why: 'there is no certificate in it' };
  try {
    const all = parts.map((part) => new X509Certificate(part));
    const keys = openKeys(asked.output);
    const chain = isStore ? leafFirst(all, keys) : all;
    if (keys.length > 0 && !keys.some((key) => chain[0]?.checkPrivateKey(key) === true))
      return { kind: 'unreadable', why: 'the key in it belongs to another certificate' };
    return { kind: 'read', chain };
  } catch (error) {
    return { kind: 'unreadable', why: `it is damaged (${errorWords(error)})` };
  }
}

/** PEM as it stands; of DER, which has no line in it that says so, what openssl makes of it. */
async function readPlain(ground: Ground, path: string): Promise<Asked> {
  const how = { on: `read ${path}`, within: askWithinMs };
  const asked = await ground.ask(['cat', '--', path], how);
  if (asked.kind !== 'ended' || asked.code !== 0 || asked.output.includes('-----BEGIN ')) return asked;
  const der = await ground.ask(['openssl', 'x509', '-inform', 'DER', '-in', path], how);
  return der.kind === 'ended' && der.code === 0 ? der : asked;
}

/** What older programs made is encrypted in ways that openssl 3 opens only when told so. */
async function readStore(ground: Ground, path: string, passwordFile: string | null): Promise<Asked> {
  const how = { on: `read ${path}`, within: askWithinMs };
  const password = passwordFile === null ? 'pass:' : `file:${passwordFile}`;
  const argv = ['openssl', 'pkcs12', '-in', path, '-nodes', '-passin', password];
  const asked = await ground.ask(argv, how);
  return asked.kind === 'ended' && asked.code !== 0 && /unsupported/i.test(asked.errors)
    ? await ground.ask([...argv, '-legacy'], how)
    : asked;
}

/** The keys among it that are not encrypted: of others nothing can be told. */
function openKeys(text: string): KeyObject[] {
  const parts =
    text.match(/-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----[\s\S]+?-----END (?:[A-Z]+ )?PRIVATE KEY-----/g) ?? [];
  return parts.filter((part) => !/ENCRYPTED/.test(part)).map((part) => createPrivateKey(part));
}

/**
 * A PKCS#12 file gives its certificates in any order, those of other entries and whom its owner trusts among them: what counts is the one that has a key
 * here, with its issuers as far as they are there. In a PEM file the order is what is served, and stays.
 */
function leafFirst(all: readonly X509Certificate[], keys: readonly KeyObject[]): readonly X509Certificate[] {
  const leaf =
    all.find((each) => keys.some((key) => each.checkPrivateKey(key))) ??
    all.find((each) => !all.some((other) => other !== each && other.checkIssued(each)));
  if (leaf === undefined) return all;
  const made = [leaf];
  for (let last = leaf, left = all.filter((each) => each !== leaf); left.length > 0 && !last.checkIssued(last);) {
    const next = left.find((each) => last.checkIssued(each));
    if (next === undefined) break;
    made.push(next);
    left = left.filter((each) => each !== next);
    last = next;
  }
  return made;
}

function whyNot(errors: string, isStore: boolean): string {
  if (/no such file/i.test(errors)) return 'it is missing';
  if (/permission denied/i.test(errors)) return 'it cannot be read: permission denied';
  if (isStore && /mac verify|invalid password/i.test(errors)) return 'its password is another one';
  return `it cannot be read: ${(errors.split('\n', 1)[0] ?? '').slice(0, 160)}`;
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
