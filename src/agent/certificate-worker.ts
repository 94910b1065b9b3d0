// The thread that makes a key and a self-signed certificate for this host. A thread of its own, since what it takes (16 MiB, a tenth of a second) is
// needed once in a year.

import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { X509CertificateGenerator, cryptoProvider, PemConverter } from '@peculiar/x509';

export interface CertificateWish {
  readonly system: string;
  readonly host: string;
  /** Unix ms. */
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface MadeCertificate {
  /** PEM. */
  readonly key: string;
  readonly cert: string;
}

const port = parentPort;
if (port === null) throw new Error('certificate-worker.ts runs as a thread of credentials.ts');
port.postMessage(await make(workerData as CertificateWish));

async function make(wish: CertificateWish): Promise<MadeCertificate> {
  cryptoProvider.set(webcrypto);
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: [{ O: ['Standfast'] }, { OU: [wish.system] }, { CN: [wish.host] }],
    notBefore: new Date(wish.fromMs),
    notAfter: new Date(wish.untilMs),
    keys,
    signingAlgorithm: algorithm,
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { key: PemConverter.encode(key, 'PRIVATE KEY'), cert: certificate.toString('pem') };
}
