// This host's key and certificate for talking to the agents of other machines (docs/decisions/046-peers-trust-the-store.md): made when there is none,
// renewed before it runs out, kept in the host's state folder for its owner alone. Or the user's own, read again when they change.

import { X509Certificate } from 'node:crypto';
import { readFile, rename, stat } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { errorWords } from '../../model/error-words.ts';
import type { PeerChannel } from '../../model/system.ts';
import { fingerprintOf, keepPair, makeCertificate, readPair, type MadeCertificate } from '../make-certificate.ts';

/** What a TLS context is made of; PEM. */
export interface TlsIdentity {
  readonly key: string;
  readonly cert: string;
  /** Null: certificates count by their fingerprint. */
  readonly ca: string | null;
}

/** What this host shows of itself. */
export interface Credentials {
  /** Null: not there yet, or the user's own cannot be read. */
  readonly identity: () => TlsIdentity | null;
  /** Fingerprints of what we show and, while it is renewed, of what we shall show next. Empty with certificates of the user's own. */
  readonly fingerprints: () => readonly string[];
  /** Why there is no identity; null: there is one. */
  readonly why: () => string | null;
  close(): void;
}

const dayMs = 86_400_000;
const lifeMs = 365 * dayMs;
/** With so much left it is renewed. */
const renewWithMs = 120 * dayMs;
/** The next one is announced so long before it is shown, so that every peer has heard of it. */
const announcedForMs = 3_600_000;
const lookEveryMs = 60_000;

/** Loads, makes and renews; `changed` is called when the identity or the fingerprints are others than before. */
export function openCredentials(options: {
  readonly system: string;
  readonly host: string;
  /** `peer.pem`; the next one stands beside it. */
  readonly file: string;
  readonly own: PeerChannel['own'];
  wall(): number;
  changed(): void;
  readonly log: (text: string) => void;
}): Credentials {
  const next = `${options.file}.next`;
  let identity: TlsIdentity | null = null;
  let fingerprints: readonly string[] = [];
  let why: string | null = 'it is being made';
  let closed = false;
  let timer: NodeJS.Timeout | null = null;

  const look = async (): Promise<void> => {
    timer = null;
    const before = JSON.stringify([identity, fingerprints]);
    try {
      if (options.own !== null) identity = await readOwn(options.own);
      else await renew();
      why = null;
    } catch (error) {
      const said = errorWords(error);
      if (said !== why) options.log(`no certificate for the peers: ${said}`);
      why = said;
    }
    if (closed) return;
    timer = setTimeout(() => void look(), lookEveryMs);
    if (JSON.stringify([identity, fingerprints]) !== before) options.changed();
  };
  const renew = async (): Promise<void> => {
    let shown = await readPair(options.file);
    if (shown === null) {
      shown = await make();
      await keepPair(options.file, shown);
    }
    let coming = await readPair(next);
    if (coming === null && timeLeft(shown) < renewWithMs) {
      coming = await make();
      await keepPair(next, coming);
    } else if (coming !== null && options.wall() - (await stat(next)).mtimeMs > announcedForMs) {
      await rename(next, options.file);
      options.log('the certificate for the peers was renewed');
      shown = coming;
      coming = null;
    }
    identity = { key: shown.key, cert: shown.cert, ca: null };
    fingerprints = [shown, coming].flatMap((each) => (each === null ? [] : [fingerprintOf(each.cert)]));
  };
  const timeLeft = (pair: MadeCertificate): number =>
    new X509Certificate(pair.cert).validToDate.getTime() - options.wall();
  const make = (): Promise<MadeCertificate> => {
    const now = options.wall();
    // Clocks of two machines differ: it counts from yesterday.
    return makeCertificate({
      kind: 'selfSigned',
      system: options.system,
      name: options.host,
      fromMs: now - dayMs,
      untilMs: now + lifeMs,
    });
  };

  void look();
  return {
    identity: () => identity,
    fingerprints: () => fingerprints,
    why: () => (identity === null ? why : null),
    close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
    },
  };
}

async function readOwn(own: NonNullable<PeerChannel['own']>): Promise<TlsIdentity> {
  const [ca, cert, key] = await Promise.all([own.ca, own.cert, own.key].map((file) => readFile(file, 'utf8')));
  if (ca === undefined || cert === undefined || key === undefined) throw new Error('ca, cert and key are all needed');
  try {
    // While they are replaced one after the other they do not belong together, and nobody could connect by them.
    createSecureContext({ ca, cert, key });
  } catch (error) {
    const why = errorWords(error);
    throw new Error(`${own.cert} and ${own.key} cannot be used together: ${why}`, { cause: error });
  }
  return { ca, cert, key };
}
