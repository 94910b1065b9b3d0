// Where members of a managed etcd ask each other what must be known before there is an etcd: how far each is (an etcd is formed only when every planned
// member says that it never was: one that lost its disk while the others are away must not begin a second one beside theirs), and the authority that signs
// their certificates. Over TLS as soon as the etcd has certificates of ours; who asks has none yet, so who may have the authority is the caller's to say.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request as requestPlain } from 'node:http';
import { createServer as createSecureServer, request as requestSecure } from 'node:https';
import { isIP } from 'node:net';
import { errorWords } from '../model/error-words.ts';
import type { PlannedMember } from '../store/etcd/plan.ts';
import { isForming, type Forming } from './etcd-forming.ts';
import { fingerprintOf, pairIn, pairText, type MadeCertificate } from './make-certificate.ts';

/** What a member says of itself to whoever asks. */
interface DoorSays {
  readonly forming: Forming;
  /** SHA-256 of the certificate of the authority that it has; null: it has none. */
  readonly authority: string | null;
}

interface EtcdDoor {
  close(): void;
}

const askWithinMs = 500;
/** It makes its throwaway certificate first. */
const joinWithinMs = 3000;
const listenAgainMs = 1000;
const longestBody = 16_384;

/** Says how far this member is, for as long as the agent lives. */
export function openEtcdDoor(of: {
  readonly system: string;
  readonly member: PlannedMember;
  now(): Forming;
  /** Null: the etcd has no certificates of ours. `shown`: what the door shows, made for it where there is none yet. */
  readonly secure: {
    shown(): Promise<MadeCertificate>;
    authority(): MadeCertificate | null;
    /** Why a host that asks from this address may not have the authority; null: it may. */
    whyNot(host: string, from: string): Promise<string | null>;
  } | null;
  readonly log: (text: string) => void;
}): EtcdDoor {
  const { secure, member, log } = of;
  const says = (): DoorSays => {
    const authority = secure?.authority() ?? null;
    return { forming: of.now(), authority: authority === null ? null : fingerprintOf(authority.cert) };
  };
  const join = async (body: string, from: string): Promise<object> => {
    const host = hostIn(body, of.system);
    const authority = secure?.authority() ?? null;
    if (host === null || secure === null) return { why: 'it does not ask as a host of this system' };
    if (authority === null) return { why: 'there is none here yet' };
    const why = await secure.whyNot(host, from);
    log(
      why === null
        ? `the machine at ${from} comes as host ${host} and is given the authority for the certificates of the etcd`
        : `the machine at ${from} asks as host ${host} for the authority of the etcd and is not given it: ${why}`,
    );
    return why === null ? { authority: pairText(authority) } : { why };
  };
  const answer = async (asked: IncomingMessage, response: ServerResponse): Promise<void> => {
    response.setHeader('content-type', 'application/json');
    const from = plainAddress(asked.socket.remoteAddress ?? '');
    const said = asked.method === 'POST' ? await join(await textOf(asked), from) : says();
    response.end(JSON.stringify({ system: of.system, ...said }));
  };
  const listener = (asked: IncomingMessage, response: ServerResponse): void => {
    answer(asked, response).catch(() => response.destroy());
  };
  const secured = secure === null ? null : createSecureServer({ minVersion: 'TLSv1.3' }, listener);
  const server = secured ?? createServer(listener);
  let timer: NodeJS.Timeout | null = null;
  let closed = false;
  const listen = async (): Promise<void> => {
    try {
      const shown = await secure?.shown();
      if (shown !== undefined) secured?.setSecureContext({ ...shown, minVersion: 'TLSv1.3' });
      if (!closed) server.listen(member.formingPort, member.address);
    } catch (error) {
      later(errorWords(error));
    }
  };
  const later = (why: string): void => {
    log(`port ${member.formingPort}, where members of the etcd ask what it needs to be formed: ${why}`);
    if (!closed) timer = setTimeout(() => void listen(), listenAgainMs);
  };
  server.on('error', (error) => later(error.message));
  server.unref();
  void listen();
  return {
    close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      server.close();
    },
  };
}

/** Who asks, and how. */
export interface DoorCaller {
  readonly system: string;
  /** From this address of ours, where it is one; null: from any. */
  readonly from: string | null;
  readonly secure: boolean;
}

/** What another member says of itself; null: nothing, or it belongs to another system. */
export async function askDoor(by: DoorCaller, member: PlannedMember): Promise<DoorSays | null> {
  const said = await ask(by, member, null, askWithinMs);
  const forming = said?.['forming'];
  const authority = said?.['authority'];
  return isForming(forming) ? { forming, authority: typeof authority === 'string' ? authority : null } : null;
}

/** Asks for the authority, as this host. Why it was not given, or nothing: it does not answer. */
export async function askToJoin(
  by: DoorCaller,
  member: PlannedMember,
  host: string,
): Promise<{ readonly authority: MadeCertificate | null; readonly why: string }> {
  const said = await ask(by, member, JSON.stringify({ system: by.system, host }), joinWithinMs);
  const given = said?.['authority'];
  const why = said?.['why'];
  return {
    authority: typeof given === 'string' ? pairIn(given) : null,
    why: typeof why === 'string' ? why : 'it does not answer',
  };
}

/** The answer, of this system; null: none in time, or none that can be read. */
function ask(
  by: DoorCaller,
  member: PlannedMember,
  body: string | null,
  withinMs: number,
): Promise<Record<string, unknown> | null> {
  return new Promise((resolve) => {
    const none = (): void => {
      resolve(null);
    };
    const options = {
      host: member.address,
      port: member.formingPort,
      method: body === null ? 'GET' : 'POST',
      agent: false as const,
      signal: AbortSignal.timeout(withinMs),
      ...(by.from !== null && isIP(by.from) === isIP(member.address) ? { localAddress: by.from } : {}),
    };
    const heard = (response: IncomingMessage): void => {
      textOf(response).then((text) => resolve(recordIn(text, by.system)), none);
    };
    // What it shows proves nothing to who does not know the authority yet (docs/decisions/041).
    const asking = by.secure
      ? requestSecure({ ...options, rejectUnauthorized: false, minVersion: 'TLSv1.3' }, heard)
      : requestPlain(options, heard);
    asking.on('error', none);
    asking.end(body ?? undefined);
  });
}

/** Rejects when it is too long for anything that is said here, or breaks off. */
async function textOf(stream: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) {
    text += String(chunk);
    if (text.length > longestBody) throw new Error('too long');
  }
  return text;
}

function recordIn(text: string, system: string): Record<string, unknown> | null {
  try {
    const said: unknown = JSON.parse(text);
    if (typeof said !== 'object' || said === null) return null;
    const record = Object.fromEntries(Object.entries(said));
    return record['system'] === system ? record : null;
  } catch {
    return null;
  }
}

function hostIn(text: string, system: string): string | null {
  const host = recordIn(text, system)?.['host'];
  return typeof host === 'string' ? host : null;
}

/** IPv4 as such, where a socket for both kinds tells it within IPv6. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, '');
}
