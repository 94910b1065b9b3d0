// Which certificates count as which host: those whose fingerprints the store names under `peer/HOST`. Kept on disk too, since promises are asked for just
// when the store is away. With certificates of the user's own, their names say which host they are of.

import type { X509Certificate } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { errorWords } from '../../model/error-words.ts';
import type { System } from '../../model/system.ts';

/** What a host says under `peer/HOST` in the store. */
export interface PeerRecord {
  /** SHA-256, upper case with colons; two while one is being renewed. */
  readonly certificates: readonly string[];
  /** Where its agent listens. */
  readonly port: number;
}

const record: z.ZodType<PeerRecord> = z.object({ certificates: z.array(z.string()), port: z.number() });

/** Where peers' records stand in the store. */
export const peerKey = (host: string): string => `peer/${host}`;

/** What the store says of who is who. */
export interface Trust {
  /** An entry of the store; those that are no peer's are left alone. */
  saw(entry: { readonly key: string; readonly value: string | null; readonly revision: number }): void;
  recordOf(host: string): PeerRecord | null;
  /** Revision of the host's record; 0: none is known. */
  revisionOf(host: string): number;
  /**
   * Why who shows this certificate is not that host, as the rest of "its certificate …"; null: it is. `refused`: why the user's own authority does not stand
   * for it, as TLS says (X509_verify_cert_error_string(3), by name); null: it does.
   */
  whyNot(host: string, shown: X509Certificate, refused: string | null): string | null;
}

/** Trusts what is on disk until the store says otherwise. */
export async function openTrust(options: {
  readonly file: string;
  system(): System | null;
  changed(host: string): void;
  readonly log: (text: string) => void;
}): Promise<Trust> {
  const known = new Map(Object.entries(await readKept(options.file)));
  const revisions = new Map<string, number>();
  let keeping: Promise<void> = Promise.resolve();

  const keep = (): void => {
    keeping = keeping
      .then(async () => {
        await writeFile(`${options.file}.new`, JSON.stringify(Object.fromEntries(known)), { mode: 0o600 });
        await rename(`${options.file}.new`, options.file);
      })
      .catch((error: unknown) => options.log(`the peers' fingerprints cannot be kept: ${errorWords(error)}`));
  };

  return {
    saw({ key, value, revision }) {
      if (!key.startsWith(peerKey(''))) return;
      const host = key.slice(peerKey('').length);
      revisions.set(host, value === null ? 0 : revision);
      const parsed = value === null ? null : record.safeParse(parse(value));
      const before = JSON.stringify(known.get(host) ?? null);
      if (parsed?.success === true) known.set(host, parsed.data);
      else known.delete(host);
      if (JSON.stringify(known.get(host) ?? null) === before) return;
      keep();
      options.changed(host);
    },
    recordOf: (host) => known.get(host) ?? null,
    revisionOf: (host) => revisions.get(host) ?? 0,
    whyNot(host, shown, refused) {
      const system = options.system();
      const described = system?.hosts.find((each) => each.name === host);
      if (system === null || described === undefined) return 'is of no described host';
      if (system.peers.own === null)
        return known.get(host)?.certificates.includes(shown.fingerprint256) === true
          ? null
          : 'is not the one that the store names';
      if (refused !== null) return `is not accepted: ${refusals[refused] ?? refused}`;
      return isNamed(shown, described) ? null : `is not accepted: it names neither ${host} nor ${described.address}`;
    },
  };
}

/** Those that people can do something about. */
const refusals: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'another authority has signed it',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'another authority has signed it',
  SELF_SIGNED_CERT_IN_CHAIN: 'another authority has signed it',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it has signed itself',
};

/** By subject alternative name, else by common name: the host's name or its address. */
function isNamed(shown: X509Certificate, host: { readonly name: string; readonly address: string }): boolean {
  return [host.name, host.address].some((name) =>
    /^[\d.]+$|:/.test(name) ? shown.checkIP(name) !== undefined : shown.checkHost(name) !== undefined,
  );
}

async function readKept(file: string): Promise<Record<string, PeerRecord>> {
  const text = await readFile(file, 'utf8').catch(() => null);
  const parsed = text === null ? null : z.record(z.string(), record).safeParse(parse(text));
  return parsed?.success === true ? parsed.data : {};
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
