// The thread that makes keys and certificates. A thread of its own, since what it takes (16 MiB, a tenth of a second) is needed once in a year.

import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
  cryptoProvider,
} from '@peculiar/x509';

/** One pair that is wanted. Valid from `fromMs` until `untilMs`. */
export type CertificateWish = {
  readonly system: string;
  /** Who it is of. */
  readonly name: string;
  /** Unix ms. */
  readonly fromMs: number;
  readonly untilMs: number;
} & (
  | { readonly kind: 'selfSigned' }
  /** Signs others. */
  | { readonly kind: 'authority' }
  /** Good for both ends of a connection. Without names it is good for a client's end alone, from wherever it comes. */
  | {
      readonly kind: 'signed';
      readonly by: MadeCertificate;
      readonly names: { readonly dns: readonly string[]; readonly ip: readonly string[] };
    }
);

/** A key and the certificate for it. */
export interface MadeCertificate {
  /** PEM. */
  readonly key: string;
  readonly cert: string;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

const port = parentPort;
if (port === null) throw new Error('certificate-worker.ts runs as a thread of make-certificate.ts');
port.postMessage(await make(workerData as CertificateWish));

async function make(wish: CertificateWish): Promise<MadeCertificate> {
  cryptoProvider.set(webcrypto);
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await certify(wish, keys);
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { key: PemConverter.encode(key, 'PRIVATE KEY'), cert: certificate.toString('pem') };
}

async function certify(wish: CertificateWish, keys: webcrypto.CryptoKeyPair): Promise<X509Certificate> {
  const common = {
    notBefore: new Date(wish.fromMs),
    notAfter: new Date(wish.untilMs),
    signingAlgorithm: algorithm,
    // Positive, and 20 bytes at most (RFC 5280, 4.1.2.2).
    serialNumber: `01${randomBytes(15).toString('hex')}`,
  };
  const name = [{ O: ['Standfast'] }, { OU: [wish.system] }, { CN: [wish.name] }];
  switch (wish.kind) {
    case 'selfSigned':
      return X509CertificateGenerator.createSelfSigned({ ...common, name, keys });
    case 'authority':
      return X509CertificateGenerator.createSelfSigned({
        ...common,
        name,
        keys,
        extensions: [
          new BasicConstraintsExtension(true, 0, true),
          new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
        ],
      });
    case 'signed': {
      const { by, names } = wish;
      const alternatives = [
        ...names.dns.map((value) => ({ type: 'dns' as const, value })),
        ...names.ip.map((value) => ({ type: 'ip' as const, value })),
      ];
      return X509CertificateGenerator.create({
        ...common,
        subject: name,
        issuer: new X509Certificate(by.cert).subject,
        publicKey: keys.publicKey,
        signingKey: await webcrypto.subtle.importKey('pkcs8', PemConverter.decodeFirst(by.key), algorithm, false, [
          'sign',
        ]),
        extensions: [
          new BasicConstraintsExtension(false, undefined, true),
          new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
          new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth, ExtendedKeyUsage.serverAuth]),
          ...(alternatives.length === 0 ? [] : [new SubjectAlternativeNameExtension(alternatives)]),
        ],
      });
    }
    default:
      return wish satisfies never;
  }
}
