// The certificates of a managed etcd on this machine (docs/decisions/041-certificates-of-a-managed-etcd.md). One authority signs them all. It is made by the first
// planned member when none of the members has one, and given over the members' doors to every described host that comes; whoever has it makes what it shows
// by itself, and anew well before it is old. etcd and our own connections read the files at each handshake, so nothing is restarted.

import { X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { errorWords } from '../model/error-words.ts';
import type { EtcdPlan } from '../store/etcd/plan.ts';
import type { EtcdTlsFiles } from '../store/etcd/tls-files.ts';
import { askDoor, askToJoin, type DoorCaller } from './etcd-door.ts';
import { keepPair, makeCertificate, readPair, type MadeCertificate } from './make-certificate.ts';

/** Those of this machine; renewed until it is closed. */
export interface EtcdCertificates {
  /** All files are there. */
  readonly ready: () => boolean;
  /** Null: not yet. */
  readonly authority: () => MadeCertificate | null;
  /** For the door: the members' own, or, until that is there, one that says nothing. */
  shown(): Promise<MadeCertificate>;
  close(): void;
}

const dayMs = 86_400_000;
/** Made anew when it is older: two thirds of a year. */
const renewAfterMs = 245 * dayMs;
const lookEveryMs = 60_000;
const againMs = 300;
const failedAgainMs = 5000;
/** Dates are not looked at: 9999-12-31T23:59:59Z is "no end" (RFC 5280, 4.1.2.5), and a machine without a battery begins in 1970. */
const always = { fromMs: 0, untilMs: 253_402_300_799_000 } as const;

/** Sees to it at once, and from then on; `changed` is called when they are there for the first time. */
export function openEtcdCertificates(options: {
  readonly system: string;
  readonly me: string;
  /** Of this host, where it is an address. */
  readonly address: string | null;
  readonly plan: EtcdPlan;
  readonly files: EtcdTlsFiles;
  wall(): number;
  changed(): void;
  readonly log: (text: string) => void;
}): EtcdCertificates {
  const { plan, files, log, me } = options;
  const others = plan.members.filter((member) => member.host !== me);
  const first = plan.members[0]?.host === me;
  const by: DoorCaller = { system: options.system, from: options.address, secure: true };
  let authority: MadeCertificate | null = null;
  let member: MadeCertificate | null = null;
  let throwaway: Promise<MadeCertificate> | null = null;
  let ready = false;
  let closed = false;
  let timer: NodeJS.Timeout | null = null;
  let said = '';

  const sayOnce = (text: string): void => {
    if (text !== said) log(text);
    said = text;
  };
  const look = async (): Promise<void> => {
    timer = null;
    let nextMs: number = lookEveryMs;
    try {
      await mkdir(files.folder, { recursive: true, mode: 0o700 });
      authority = await readPair(files.authority);
      authority ??= await comeBy();
      if (authority === null) nextMs = againMs;
      else {
        await sign(authority);
        if (!ready && !closed) {
          ready = true;
          options.changed();
        }
      }
    } catch (error) {
      sayOnce(`certificates for the etcd: ${errorWords(error)}`);
      nextMs = failedAgainMs;
    }
    if (!closed) timer = setTimeout(() => void look(), nextMs);
  };

  /** From a member that has it, else made here when it is ours to make. Null: not now. */
  const comeBy = async (): Promise<MadeCertificate | null> => {
    const states = await Promise.all(others.map(async (each) => ({ each, says: await askDoor(by, each) })));
    const refusals: string[] = [];
    for (const { each, says } of states) {
      if (says === null || says.authority === null) continue;
      const { authority: given, why } = await askToJoin(by, each, me);
      if (given !== null) {
        log(`the authority for the certificates of the etcd was given by ${each.host}`);
        return keepAuthority(given);
      }
      refusals.push(`${each.host} does not give it: ${why}`);
    }
    const missing = states.filter(({ says }) => says === null).map(({ each }) => `${each.host} (${each.address})`);
    if (refusals.length > 0) sayOnce(`certificates for the etcd: ${refusals.join('; ')}`);
    else if (missing.length > 0)
      sayOnce(`the etcd is formed when all its members are there; missing: ${missing.join(', ')}`);
    else if (first)
      return keepAuthority(await makeCertificate({ kind: 'authority', ...named('authority'), ...always }));
    return null;
  };
  const keepAuthority = async (pair: MadeCertificate): Promise<MadeCertificate> => {
    await keepPair(files.authority, pair);
    return pair;
  };

  /** What we show, where it is missing, of another authority, old, or not good for an address of ours. */
  const sign = async (ours: MadeCertificate): Promise<void> => {
    if ((await readFile(files.ca, 'utf8').catch(() => '')) !== ours.cert) {
      await writeFile(`${files.ca}.${process.pid}.new`, ours.cert, { mode: 0o600 });
      await rename(`${files.ca}.${process.pid}.new`, files.ca);
    }
    const none = { dns: [], ip: [] };
    await fresh(files.client, ours, none);
    member = await fresh(files.member, ours, plan.members.some((each) => each.host === me) ? ownNames(plan) : none);
  };
  const fresh = async (
    file: string,
    ours: MadeCertificate,
    names: { readonly dns: readonly string[]; readonly ip: readonly string[] },
  ): Promise<MadeCertificate> => {
    const kept = await readPair(file);
    if (kept !== null && isGood(kept, ours, names)) {
      const ageMs = options.wall() - (await stat(file)).mtimeMs;
      // From the future: the clock was wrong when it was made, or is now; both are over one day.
      if (ageMs < renewAfterMs && ageMs > -renewAfterMs) return kept;
    }
    const made = await makeCertificate({ kind: 'signed', by: ours, names, ...named(me), ...always });
    await keepPair(file, made);
    if (kept !== null) log(`${file}, a certificate for the etcd, was renewed`);
    return made;
  };
  const named = (name: string): { system: string; name: string } => ({ system: options.system, name });

  void look();
  return {
    ready: () => ready,
    authority: () => authority,
    async shown() {
      const kept = member ?? (await readPair(files.member));
      if (kept !== null) return kept;
      throwaway ??= makeCertificate({ kind: 'selfSigned', ...named(me), ...always });
      return throwaway;
    },
    close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
    },
  };
}

/** Signed by this authority, with its own key, for all of these names. */
function isGood(
  pair: MadeCertificate,
  authority: MadeCertificate,
  names: { readonly dns: readonly string[]; readonly ip: readonly string[] },
): boolean {
  const cert = new X509Certificate(pair.cert);
  return (
    cert.verify(new X509Certificate(authority.cert).publicKey) &&
    names.dns.every((name) => cert.checkHost(name) !== undefined) &&
    names.ip.every((address) => cert.checkIP(address) !== undefined)
  );
}

/** Those of all planned members, since several may be on this machine; and whatever address etcd may be seen to call from, which its members compare. */
function ownNames(plan: EtcdPlan): { dns: string[]; ip: string[] } {
  const planned = plan.members.map((member) => member.address);
  const own = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .map((each) => each.address)
    .filter((address) => !/^fe80:/i.test(address));
  return {
    dns: [...new Set(['localhost', ...planned.filter((address) => isIP(address) === 0)])],
    ip: [...new Set(['127.0.0.1', '::1', ...planned.filter((address) => isIP(address) !== 0), ...own])],
  };
}
