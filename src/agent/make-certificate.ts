// Keys and certificates of our own, made in a thread and kept as one PEM file each: key first, then certificate. One file, so that who reads it while it is
// replaced never gets a key without its certificate.

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { CertificateWish, MadeCertificate } from './certificate-worker.ts';

export type { CertificateWish, MadeCertificate };

/** Takes a tenth of a second, elsewhere. */
export async function makeCertificate(wish: CertificateWish): Promise<MadeCertificate> {
  const source = new URL(`./certificate-worker${extname(import.meta.filename)}`, import.meta.url);
  const worker = new Worker(source, { workerData: wish, name: 'certificate' });
  try {
    return await new Promise<MadeCertificate>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', () => reject(new Error('the thread that makes it ended')));
    });
  } finally {
    await worker.terminate();
  }
}

/** Null: there is none, or what is there cannot be used; that is removed, to be made anew. */
export async function readPair(file: string): Promise<MadeCertificate | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return null;
  const pair = pairIn(text);
  if (pair === null) await unlink(file).catch(() => undefined);
  return pair;
}

/** Null: it is no key with its certificate. */
export function pairIn(text: string): MadeCertificate | null {
  const key = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----/.exec(text)?.[0];
  const cert = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(text)?.[0];
  return key !== undefined && cert !== undefined && belongTogether(key, cert) ? { key, cert } : null;
}

/** Key and certificate as one PEM text, as `keepPair` writes it. */
export function pairText(pair: MadeCertificate): string {
  return `${pair.key}\n${pair.cert}\n`;
}

/** Replaces the file, for its owner alone. */
export async function keepPair(file: string, pair: MadeCertificate): Promise<void> {
  const next = `${file}.${process.pid}.new`;
  await writeFile(next, pairText(pair), { mode: 0o600 });
  await rename(next, file);
}

/** SHA-256 of a certificate, as Node writes it: upper case, with colons. */
export function fingerprintOf(cert: string): string {
  return new X509Certificate(cert).fingerprint256;
}

function belongTogether(key: string, cert: string): boolean {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}
