// Certificates in files: PEM, DER and PKCS#12, with the key that is in them or beside them. Read by processes of our own, since they may lie on what
// hangs; a PKCS#12 file is opened by openssl.

import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { errorWords } from '../../model/error-words.ts';
import { isDenied, isRoot, type Asked, type Ground } from './ground.ts';
import type { WatchedCertificate } from './watch.ts';

const askWithinMs = 5000;

/** What a file of certificates says. */
export type FromFile =
  | { readonly kind: 'read'; readonly chain: readonly X509Certificate[] }
  | { readonly kind: 'unreadable'; readonly why: string }
  /** Its disk does not answer, or we may not ask: that is told elsewhere. */
  | { readonly kind: 'unknown' };

/** Reads such files, again and again. */
export interface CertificateFiles {
  read(path: string, how: Pick<WatchedCertificate, 'passwordFile' | 'key' | 'isNamed'>): Promise<FromFile>;
}

/** Through this ground. */
export function openCertificateFiles(ground: Ground): CertificateFiles {
  /** Whose key did not fit at the last look: when both are renewed, one comes first. */
  const unfit = new Set<string>();
  return {
    async read(path, how) {
      const read = await readFile(ground, path, how);
      if (read.kind !== 'unfit') {
        unfit.delete(path);
        return read;
      }
      if (unfit.has(path)) return { kind: 'unreadable', why: `its key ${how.key} belongs to another certificate` };
      unfit.add(path);
      return { kind: 'unknown' };
    },
  };
}

async function readFile(
  ground: Ground,
  path: string,
  { passwordFile, key, isNamed }: Pick<WatchedCertificate, 'passwordFile' | 'key' | 'isNamed'>,
): Promise<FromFile | { readonly kind: 'unfit' }> {
  const isStore = /\.(p12|pfx)$/i.test(path);
  const asked = isStore ? await readStore(ground, path, passwordFile) : await readPlain(ground, path);
  if (asked.kind !== 'ended') return { kind: 'unknown' };
  if (asked.code !== 0 && isRoot && isDenied.test(asked.errors)) return { kind: 'unknown' };
  if (asked.code !== 0) return { kind: 'unreadable', why: whyNot(asked.errors, isStore) };
  const parts = asked.output.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  if (parts.length === 0)
    return !isNamed && asked.output.includes('-----BEGIN ')
      ? { kind: 'unknown' }
      : { kind: 'unreadable', why: 'there is no certificate in it' };
  const beside = key === null ? null : await readPlain(ground, key);
  if (beside?.kind === 'ended' && beside.code !== 0)
    return { kind: 'unreadable', why: `its key ${key}: ${whyNot(beside.errors, false)}` };
  try {
    const all = parts.map((part) => new X509Certificate(part));
    const keys = openKeys(asked.output);
    const chain = isStore ? leafFirst(all, keys) : all;
    if (keys.length > 0 && !keys.some((key) => chain[0]?.checkPrivateKey(key) === true))
      return { kind: 'unreadable', why: 'the key in it belongs to another certificate' };
    const own = beside?.kind === 'ended' ? openKeys(beside.output) : [];
    if (own.length > 0 && !own.some((each) => chain[0]?.checkPrivateKey(each) === true)) return { kind: 'unfit' };
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
