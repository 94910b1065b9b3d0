// What is remembered of certificates, also by the agent's next life: which are renewed by themselves, and what stood behind them.

import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { keep, readKept } from './kept.ts';
import { listOf } from './since-boot.ts';

/** With this left of a certificate somebody is to be told. */
export const warnWithinMs = 21 * 86_400_000;
/** What is renewed by itself is renewed with a third of its time left, as ACME clients do. */
const shortLivedMs = 3 * warnWithinMs;
/** Then this part of its time is left only when that has failed. */
const lateShare = 0.25;
/** One that is renewed is given about the same time. */
const alike = 0.1;

/** Short-lived certificates that were seen to be renewed by others as short-lived: few days left are usual there. */
export interface Renewals {
  /** With this left of it somebody is to be told, ms. */
  warnWithin(subject: string, certificate: X509Certificate): number;
}

/** Kept in this file. */
export function openRenewals(path: string): Renewals {
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

/** Issuers between a certificate and its root that were served with it, by file and port. */
export interface Issuers {
  /** The last of the chain was issued by one that stood there before, and stands there no more. One whose name is a root's, too, clients have. */
  isMissed(places: readonly string[], chain: readonly X509Certificate[]): boolean;
}

/** Kept in this file. */
export function openIssuers(path: string): Issuers {
  const known = new Map<string, readonly string[]>(
    listOf(readKept(path)).flatMap((each): [string, string[]][] => {
      const [place, ...pems] = listOf(each).filter((text) => typeof text === 'string');
      return place === undefined ? [] : [[place, pems]];
    }),
  );
  return {
    isMissed(places, chain) {
      const [place = ''] = places;
      const between = chain.slice(1).filter((each) => each.ca && !each.checkIssued(each));
      const pems = between.map((each) => each.toString());
      if (pems.length > 0 && known.get(place)?.join() !== pems.join()) {
        known.set(place, pems);
        keep(
          path,
          [...known].map(([at, all]) => [at, ...all]),
        );
      }
      const last = chain.at(-1);
      if (last === undefined || last.checkIssued(last)) return false;
      const issued = (pem: string): boolean => last.checkIssued(new X509Certificate(pem));
      return places.flatMap((each) => known.get(each) ?? []).some(issued) && !rootCertificates.some(issued);
    },
  };
}
