// The member of a managed etcd on this host. The keeper owns its process, so that no agent's end takes it down; the agent starts it, starts it again when it
// ends, and makes it part of the cluster: formed together with the others, or, when its data is gone, removed and added anew.
//
// Does not cover: hosts that join the description later; members are planned by `up`.

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { openRotator } from '../act/rotate.ts';
import type { HostLayout } from '../layout.ts';
import { errorWords } from '../model/error-words.ts';
import { bytes, ms } from '../model/units.ts';
import type { EndedInstance, Keeper, StartedInstance } from '../ports.ts';
import type { EtcdAccess } from '../store/etcd/access.ts';
import type { EtcdPlan, PlannedMember } from '../store/etcd/plan.ts';
import { formedMark } from '../store/place.ts';
import { etcdCommand } from './etcd-command.ts';
import { askDoor, openEtcdDoor, type DoorCaller } from './etcd-door.ts';
import type { EtcdCertificates } from './etcd-certificates.ts';
import { readForming, writeForming, type Forming } from './etcd-forming.ts';

/** Loaded only where a managed etcd is described: it brings the whole client. */
const administer = () => import('../store/etcd/administer.ts');

/** Under this name the keeper owns it; no described service can be called so. */
const etcdService = '+etcd';
const againMs = { first: 100, most: 5000, waiting: 300 };
/** One that ran for so long has not ended because of how it was begun. */
const settledMs = 10_000;
/** Quick ends in a row after which it is asked whether it still belongs to the cluster. */
const endsBeforeDoubt = 3;
const listWithinMs = 800;
const changeWithinMs = 5000;
const stopWithinMs = 3000;

/** The member here. */
export interface OwnEtcd {
  /** What the keeper tells of it; the rest is handed back. */
  hello(running: readonly StartedInstance[], ended: readonly EndedInstance[]): void;
  ended(ended: EndedInstance): void;
  /** What it waited for may be there. */
  look(): void;
  readonly forming: () => Forming;
  /** Ends the member and does not start it again. Resolves when it is gone, or after three seconds. */
  stop(): Promise<void>;
  /** Leaves it running. */
  close(): void;
}

/** True for what the keeper runs for us and the core does not know. */
export function isOwnEtcd(each: { readonly service: string }): boolean {
  return each.service === etcdService;
}

/** Keeps the member running; does nothing before the keeper's first hello. */
export function openOwnEtcd(options: {
  readonly system: string;
  readonly me: PlannedMember;
  readonly plan: EtcdPlan;
  readonly access: EtcdAccess;
  readonly layout: HostLayout;
  /** Null: none of ours are needed. `whyNot`: why a host may not have the authority that signs them; null: it may. */
  readonly certificates: EtcdCertificates | null;
  whyNot(host: string, from: string): Promise<string | null>;
  keeper(): Keeper;
  /** The description in force, as far as it is known, names this host. */
  isDescribed(): boolean;
  readonly now: () => number;
  readonly log: (text: string) => void;
}): OwnEtcd {
  const { me, plan, access, layout, log, certificates } = options;
  const data = join(layout.folder, 'etcd');
  const mark = join(layout.folder, formedMark);
  const others = plan.members.filter((member) => member.host !== me.host);
  const elsewhere: EtcdAccess = { ...access, endpoints: others.map((member) => member.clientUrl) };
  const by: DoorCaller = { system: options.system, from: addressOnly(me.address), secure: certificates !== null };
  let forming: Forming = 'formed';
  let running: { readonly instance: string; readonly sinceMs: number } | null = null;
  let beginning = false;
  let stopped = false;
  let quickEnds = 0;
  let timer: NodeJS.Timeout | null = null;
  let said = '';
  const gone = new Set<() => void>();

  const rotator = openRotator({
    now: options.now,
    onRotated: (what) => {
      if (what.kind !== 'rotated') log(`${what.path} was not rotated: ${what.why}`);
    },
  });
  rotator.add(layout.output(etcdService), { maxSize: bytes(20 << 20), keep: 2 });
  const door = openEtcdDoor({
    system: options.system,
    member: me,
    now: () => forming,
    secure:
      certificates === null
        ? null
        : {
            shown: () => certificates.shown(),
            authority: () => certificates.authority(),
            whyNot: (host, from) => options.whyNot(host, from),
          },
    log,
  });
  const marked = readForming(mark).then((read) => {
    forming = read;
  });

  const sayOnce = (text: string): void => {
    if (text !== said) log(text);
    said = text;
  };
  const again = (afterMs: number): void => {
    if (!stopped) timer ??= setTimeout(() => void begin(), afterMs);
  };

  const begin = async (): Promise<void> => {
    timer = null;
    if (stopped || beginning || running !== null) return;
    beginning = true;
    try {
      await marked;
      if (certificates?.ready() === false) {
        again(againMs.waiting);
        return;
      }
      if (quickEnds >= endsBeforeDoubt) await leaveWhenRemoved();
      const how = await howToBegin();
      if (how === null) again(againMs.waiting);
      else await start(how);
    } catch (error) {
      sayOnce(`the member of the etcd here cannot be started: ${errorWords(error)}`);
      again(againMs.most);
    } finally {
      beginning = false;
    }
  };

  /** Null: not now. */
  const howToBegin = async (): Promise<{ state: 'new' | 'existing'; cluster: string } | null> => {
    const planned = plan.members.map((member) => `${member.host}=${member.peerUrl}`).join(',');
    // With data of its own it knows its cluster; what it is told then is not looked at.
    if (existsSync(join(data, 'member'))) return { state: 'existing', cluster: planned };
    const listed = others.length === 0 ? null : await (await administer()).listMembers(elsewhere, listWithinMs);
    if (listed === null) return (await mayForm()) ? { state: 'new', cluster: planned } : null;
    const mine = listed.find((member) => member.peerUrls.includes(me.peerUrl));
    // Planned from the beginning, and the others were quicker.
    if (mine !== undefined && mine.name !== '' && mine.clientUrls.length === 0) {
      await remember('forming');
      return { state: 'new', cluster: planned };
    }
    if (!options.isDescribed()) {
      sayOnce('this host is described no longer: no member of the etcd is begun here');
      return null;
    }
    if (mine !== undefined && mine.name !== '') {
      log(`the data of this member of the etcd is gone: it is removed (${mine.id.toString(16)}) and added anew`);
      const why = await (await administer()).removeMember(elsewhere, mine.id, changeWithinMs);
      if (why !== null) throw new Error(`its former self could not be removed: ${why}`);
    }
    if (mine === undefined || mine.name !== '') {
      const why = await (await administer()).addMember(elsewhere, me.peerUrl, changeWithinMs);
      if (why !== null) throw new Error(`it could not be added: ${why}`);
    }
    await remember('formed');
    const rest = listed.filter((member) => member !== mine && member.name !== '');
    const cluster = [...rest.map((member) => `${member.name}=${member.peerUrls[0] ?? ''}`), `${me.host}=${me.peerUrl}`];
    return { state: 'existing', cluster: cluster.join(',') };
  };

  /** True when no member was ever formed. */
  const mayForm = async (): Promise<boolean> => {
    if (forming === 'formed') {
      sayOnce(
        others.length === 0
          ? `the data of the etcd (${data}) is gone, and this was its only member. A person must decide: restore it, or remove ${mark} to begin an empty one`
          : `the data of this member of the etcd is gone; it waits for ${others.map((each) => each.host).join(', ')} to join them again`,
      );
      return false;
    }
    const says = await Promise.all(others.map((member) => askDoor(by, member)));
    const missing = others.filter((_, index) => (says[index]?.forming ?? 'formed') === 'formed');
    if (missing.length > 0) {
      sayOnce(
        `the etcd is formed when all its members are there; missing: ${missing.map((each) => `${each.host} (${each.address})`).join(', ')}`,
      );
      return false;
    }
    await remember('forming');
    return true;
  };

  const remember = async (so: Forming): Promise<void> => {
    await writeForming(mark, so);
    forming = so;
  };

  /** Data of a member that the others removed is of no use any more. */
  const leaveWhenRemoved = async (): Promise<void> => {
    if (others.length === 0 || !existsSync(data)) return;
    const listed = await (await administer()).listMembers(elsewhere, listWithinMs);
    if (listed === null || listed.some((member) => member.peerUrls.includes(me.peerUrl))) return;
    const aside = `${data}.${Date.now()}`;
    log(`this member was removed from the etcd: its data is put aside in ${aside}`);
    await rename(data, aside);
    quickEnds = 0;
  };

  const start = async (how: { state: 'new' | 'existing'; cluster: string }): Promise<void> => {
    const instance = `${etcdService}@${me.host}#${randomBytes(4).toString('hex')}`;
    const answer = await options.keeper().start({
      instance,
      service: etcdService,
      host: me.host,
      command: { kind: 'argv', argv: etcdCommand({ system: options.system, me, plan, data, how }) },
      dir: layout.folder,
      env: {
        PATH: process.env['PATH'] ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        HOME: layout.folder,
        // So that `down` and `doctor` find it when nobody watches it any more.
        STANDFAST_SERVICE: etcdService,
        STANDFAST_SOCKET: layout.memberSocket,
      },
      user: null,
      group: null,
      limits: { memory: null, files: null },
      output: layout.output(etcdService),
      role: 'standby',
      term: 0,
      leasable: false,
      deadline: null,
      route: null,
    });
    switch (answer.kind) {
      case 'done':
        running ??= { instance, sinceMs: options.now() };
        said = '';
        void whenFormed();
        return;
      case 'failed':
        sayOnce(`etcd was not started: ${answer.why}. It is needed here (Debian: apt-get install etcd-server)`);
        again(againMs.most);
        return;
      case 'unknown':
        // The keeper's next hello tells whether it runs.
        return;
      default:
        answer satisfies never;
    }
  };

  /** From the first answer of a majority on, this member is never formed again. */
  const whenFormed = async (): Promise<void> => {
    while (forming !== 'formed' && running !== null && !stopped) {
      const listed = await (await administer()).listMembers(access, listWithinMs);
      if (listed?.some((member) => member.peerUrls.includes(me.peerUrl) && member.clientUrls.length > 0) === true)
        await remember('formed').catch(() => undefined);
      else await new Promise((resolve) => setTimeout(resolve, againMs.waiting));
    }
  };

  return {
    hello(instances, ends) {
      const found = instances.find(isOwnEtcd);
      for (const each of ends.filter(isOwnEtcd)) void options.keeper().forget({ instance: each.instance });
      if (found === undefined) {
        running = null;
        again(0);
        return;
      }
      running = { instance: found.instance, sinceMs: options.now() };
      void marked.then(whenFormed);
    },
    ended(each) {
      if (!isOwnEtcd(each)) return;
      void options.keeper().forget({ instance: each.instance });
      if (running?.instance !== each.instance) return;
      const ranMs = options.now() - running.sinceMs;
      running = null;
      for (const tell of gone) tell();
      if (stopped) return;
      quickEnds = ranMs < settledMs ? quickEnds + 1 : 0;
      log(
        `the member of the etcd here ended (${each.signal ?? `exit ${each.code ?? 'unknown'}`}); its output: ${layout.output(etcdService)}`,
      );
      again(quickEnds === 0 ? 0 : Math.min(againMs.most, againMs.first * 2 ** (quickEnds - 1)));
    },
    look: () => {
      if (timer === null) return;
      clearTimeout(timer);
      void begin();
    },
    forming: () => forming,
    async stop() {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
      door.close();
      rotator.close();
      const { instance } = running ?? {};
      if (instance === undefined) return;
      const over = new Promise<void>((resolve) => {
        gone.add(resolve);
        setTimeout(resolve, stopWithinMs);
      });
      await options.keeper().stop({ instance, signal: 'SIGTERM', forcedAfter: ms(stopWithinMs / 2) });
      await over;
    },
    close() {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
      door.close();
      rotator.close();
    },
  };
}

/** Null for a name: what it stands for may be another address than the one to call from. */
function addressOnly(address: string): string | null {
  return isIP(address) === 0 ? null : address;
}
