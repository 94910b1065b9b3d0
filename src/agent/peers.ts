// Straight lines between the agents: Unix sockets for those that share a state folder, TCP with mutual TLS for those of other machines. They carry what must
// be quick (look at the store, how I stand), what must not hang on the store (promises), and what people ask of another host (its journal and outputs).
// Losing a message costs time, never safety.

import { existsSync } from 'node:fs';
import type { TLSSocket } from 'node:tls';
import type { PeerView } from '../api.ts';
import type { HostReport } from '../decide/records.ts';
import type { HostLayout, SystemLayout } from '../layout.ts';
import { errorWords } from '../model/error-words.ts';
import type { System } from '../model/system.ts';
import { openConversation } from './peers/conversation.ts';
import { openCredentials, type Credentials } from './peers/credentials.ts';
import { openLine, type Line, type PeerWay } from './peers/line.ts';
import { openSocketDoor, openTlsDoor, type PeerDoor } from './peers/listen.ts';
import type { PeerMessage } from './peers/message.ts';
import { bare, ownAddress } from './peers/address.ts';
import { openTrust, type PeerRecord, type Trust } from './peers/trust.ts';

/** What comes from other agents. */
export interface PeerEvents {
  nudged(): void;
  report(host: string, report: HostReport): void;
  asked(host: string, ask: number, epoch: number): void;
  /** `machine`: whose promise it is; see SessionRecord. */
  answered(host: string, machine: string, ask: number, given: boolean): void;
  down(leaveRunning: boolean): void;
  /** Another host's people ask something of this one. Rejects with what is wrong. */
  called(what: string, body: unknown): Promise<unknown>;
}

/** The agents of the other hosts. Nothing here waits, but for `call`. */
export interface Peers {
  /** Which hosts to talk to: those of the description in force. */
  use(system: System): void;
  /** An entry of the store, whatever it is. */
  saw: Trust['saw'];
  /** What the store should hold of us under `peer/ME` and does not, with the revision to compare; null: all is said, or nothing can be yet. */
  toSay(): { readonly value: PeerRecord; readonly revision: number } | null;
  nudge(): void;
  /** The newest report replaces one that has not been sent yet. */
  report(report: HostReport): void;
  ask(hosts: readonly string[], ask: number, epoch: number): void;
  answer(host: string, ask: number, given: boolean): void;
  down(leaveRunning: boolean): void;
  /** Asks another host something. Rejects when it cannot be reached, does not answer in time, or says no. */
  call(host: string, what: string, body: unknown, withinMs: number): Promise<unknown>;
  states(): readonly PeerView[];
  close(): Promise<void>;
}

interface PeersOptions {
  readonly me: string;
  /** See SessionRecord. */
  readonly machine: string;
  readonly system: SystemLayout;
  readonly layout: HostLayout;
  readonly events: PeerEvents;
  wall(): number;
  readonly log: (text: string) => void;
  /** What `toSay` answers may be another. */
  changed(): void;
}

/** Reports within this time become one message. */
const gatherMs = 10;
const doorAgainMs = 5000;

/** Listens and connects; who is talked to is said by `use`. */
export async function openPeers(options: PeersOptions): Promise<Peers> {
  const { me, events, layout, log } = options;
  const lines = new Map<string, Line>();
  let system: System | null = null;
  let credentials: Credentials | null = null;
  let door: PeerDoor | null = null;
  let doorTimer: NodeJS.Timeout | null = null;
  let opening = false;
  /** Where the description last used would have it. */
  let doorPlace = '';
  let closed = false;
  let pending: HostReport | null = null;
  let last: HostReport | null = null;
  let timer: NodeJS.Timeout | null = null;

  const trust = await openTrust({
    file: layout.peersFile,
    system: () => system,
    changed(host) {
      // Who was connected under another certificate is connected anew, or no longer.
      lines.get(host)?.again();
      door?.sift();
      if (host === me) options.changed();
    },
    log,
  });
  const whyNot = (host: string, socket: TLSSocket): string | null => {
    const shown = socket.getPeerX509Certificate();
    if (shown === undefined) return 'it shows no certificate';
    const why = trust.whyNot(host, shown, socket.authorized ? null : String(socket.authorizationError));
    return why === null ? null : `its certificate ${why}`;
  };

  const talk = openConversation({ me, machine: options.machine, events });
  const wayTo = (host: string): PeerWay => {
    const described = system?.hosts.find((each) => each.name === host);
    const shared = options.system.host(host);
    const socket = existsSync(shared.folder) ? shared.peerSocket : null;
    if (described === undefined || system === null || system.store.kind === 'embedded')
      return { socket: shared.peerSocket, network: null, why: null };
    const identity = credentials?.identity() ?? null;
    const record = trust.recordOf(host);
    if (identity === null) return { socket, network: null, why: credentials?.why() ?? 'we have no certificate yet' };
    if (system.peers.own === null && record === null)
      return { socket, network: null, why: 'the store does not name its certificate yet: its agent has not run' };
    const port = record?.port ?? described.peerPort ?? system.peers.port;
    return { socket, network: { address: bare(described.address), port, identity }, why: null };
  };

  /** Nobody needs to come in over the network when all share this state folder. */
  const needsDoor = (): boolean =>
    system !== null &&
    system.store.kind !== 'embedded' &&
    system.hosts.some((host) => !existsSync(options.system.host(host.name).folder));
  const openDoor = async (): Promise<void> => {
    const identity = credentials?.identity() ?? null;
    if (closed || opening || door !== null || system === null || identity === null || !needsDoor()) return;
    opening = true;
    const described = system.hosts.find((host) => host.name === me);
    try {
      const opened = await openTlsDoor(
        {
          address: ownAddress(described?.address ?? ''),
          port: described?.peerPort ?? system.peers.port,
          exactly: described?.peerPort !== null,
          identity,
          isOf: (host, socket) => whyNot(host, socket) === null,
        },
        talk.heard,
      );
      if (closed) await opened.close();
      else door = opened;
      log(`listens for the agents of other machines at port ${opened.port}`);
      options.changed();
    } catch (error) {
      log(`cannot listen for the agents of other machines: ${errorWords(error)}`);
      doorTimer = setTimeout(() => void openDoor(), doorAgainMs);
    } finally {
      opening = false;
    }
  };
  /** Opens it, and elsewhere when the description says another place than before. */
  const replaceDoor = async (described: System): Promise<void> => {
    const own = described.hosts.find((host) => host.name === me);
    const place = `${own?.address ?? ''} ${own?.peerPort ?? described.peers.port}`;
    const former = place === doorPlace ? null : door;
    doorPlace = place;
    if (former !== null) {
      door = null;
      await former.close();
    }
    await openDoor();
  };
  const credentialsChanged = (): void => {
    const identity = credentials?.identity() ?? null;
    if (identity !== null) door?.use(identity);
    for (const line of lines.values()) line.again();
    void openDoor();
    options.changed();
  };

  const socketDoor = await openSocketDoor(layout.peerSocket, talk.heard);
  const toAll = (said: PeerMessage): void => {
    for (const line of lines.values()) line.send(said);
  };
  const sendReport = (): void => {
    timer = null;
    if (pending !== null) toAll({ kind: 'report', from: me, report: pending });
    pending = null;
  };

  return {
    use(described) {
      const channelBefore = JSON.stringify(system?.peers.own ?? null);
      system = described;
      if (described.store.kind !== 'embedded' && described.hosts.length > 1) {
        if (credentials === null || channelBefore !== JSON.stringify(described.peers.own)) {
          credentials?.close();
          credentials = openCredentials({
            system: described.name,
            host: me,
            file: layout.peerCertificate,
            own: described.peers.own,
            wall: () => options.wall(),
            changed: credentialsChanged,
            log,
          });
        }
        void replaceDoor(described);
      }
      const names = new Set(described.hosts.map((host) => host.name));
      for (const [host, line] of lines)
        if (!names.has(host)) {
          line.close();
          lines.delete(host);
        }
      for (const host of names)
        if (host !== me && !lines.has(host))
          lines.set(
            host,
            openLine({
              me,
              way: () => wayTo(host),
              whyNotPeer: (socket) => whyNot(host, socket),
              greeting: () =>
                last === null ? { kind: 'nudge', from: me } : { kind: 'report', from: me, report: last },
              heard: (said) => talk.answered(host, said),
            }),
          );
    },
    saw: (entry) => trust.saw(entry),
    toSay() {
      const certificates = credentials?.fingerprints() ?? [];
      const port = door?.port ?? null;
      if (port === null || credentials?.identity() === null) return null;
      const value: PeerRecord = { certificates, port };
      const said = trust.recordOf(me);
      if (said !== null && JSON.stringify(said) === JSON.stringify(value) && trust.revisionOf(me) > 0) return null;
      return { value, revision: trust.revisionOf(me) };
    },
    nudge() {
      toAll({ kind: 'nudge', from: me });
    },
    report(report) {
      pending = report;
      last = report;
      timer ??= setTimeout(sendReport, gatherMs);
    },
    ask(hosts, ask, epoch) {
      for (const host of hosts) lines.get(host)?.send(talk.question(host, ask, epoch));
    },
    answer: (host, ask, given) => talk.answer(host, ask, given),
    down(leaveRunning) {
      toAll({ kind: 'down', from: me, leaveRunning });
    },
    call(host, what, body, withinMs) {
      const line = lines.get(host);
      const { connected, why } = line?.state() ?? { connected: false, why: null };
      if (line === undefined || !connected)
        return Promise.reject(new Error(`its agent cannot be reached${why === null ? '' : `: ${why}`}`));
      const { message, reply } = talk.call(host, what, body, withinMs);
      line.send(message);
      return reply;
    },
    states: () =>
      [...lines].map(([host, line]) => {
        const { connected, by, why } = line.state();
        const address = system?.hosts.find((each) => each.name === host)?.address ?? '';
        return { host, connected, by, address, port: trust.recordOf(host)?.port ?? null, why };
      }),
    async close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      if (doorTimer !== null) clearTimeout(doorTimer);
      credentials?.close();
      for (const line of lines.values()) line.close();
      await Promise.all([socketDoor.close(), door?.close()]);
    },
  };
}
