// Members of a managed etcd whose hosts the description no longer names: taken out of the cluster once those hosts are gone. Else each host that is taken
// out of the description would count as a lost one for ever, until too few of the others are left for a majority.

import type { State } from '../decide/state.ts';
import { errorWords } from '../model/error-words.ts';
import type { EtcdAccess } from '../store/etcd/access.ts';
import type { EtcdPlan } from '../store/etcd/plan.ts';

const lookEveryMs = 3000;
/** One that was away when its host was taken out may have come and joined anew before it heard of that. */
const lookAgainMs = 60_000;
const listWithinMs = 800;
const changeWithinMs = 5000;

/** Loaded only where somebody may have gone. */
const administer = () => import('../store/etcd/administer.ts');

/** Looks from time to time, where this host is the first of those with a member that live. `formed`: the member here is part of the cluster. */
export function openEtcdLeavers(options: {
  readonly me: string;
  readonly plan: EtcdPlan;
  readonly access: EtcdAccess;
  formed(): boolean;
  state(): State;
  readonly log: (text: string) => void;
}): { close(): void } {
  const { access, log, me, plan } = options;
  /** With which hosts described, and when, nobody was left to remove. */
  let settled = { hosts: '', at: Number.NEGATIVE_INFINITY };
  let said = '';

  const look = async (): Promise<void> => {
    const state = options.state();
    const described = state.system?.hosts.map((host) => host.name) ?? [];
    const hosts = described.join(' ');
    const isSettled = settled.hosts === hosts && performance.now() - settled.at < lookAgainMs;
    if (isSettled || !options.formed() || !isMine(state, described)) return;
    const { listMembers, removeMember } = await administer();
    const listed = await listMembers(access, listWithinMs);
    const others = listed?.filter(({ name }) => !described.includes(name) && state.sessions.has(name));
    if (others === undefined) return;
    let left = 0;
    for (const { id, name } of others) {
      const why = isGone(state, name)
        ? await removeMember(access, id, changeWithinMs)
        : 'its agent has not left the system yet';
      if (why !== null) left += 1;
      const text = `host ${name} is described no longer, and its member of the etcd is ${why === null ? 'removed' : `not removed: ${why}`}`;
      if (text !== said) log(text);
      said = text;
    }
    if (left === 0) settled = { hosts, at: performance.now() };
  };
  /** One is enough, and all know who: the first that lives. */
  const isMine = (state: State, described: readonly string[]): boolean => {
    if (!state.store.reachable || state.store.firstReadAt === null || state.own.revision === 0) return false;
    const first = plan.members.find(
      ({ host }) => described.includes(host) && (host === me || (state.sessions.has(host) && !isGone(state, host))),
    );
    return first?.host === me;
  };
  let looking = false;
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    void look()
      .catch((error: unknown) => log(`members of the etcd cannot be looked at: ${errorWords(error)}`))
      .finally(() => (looking = false));
  }, lookEveryMs).unref();
  return {
    close() {
      clearInterval(timer);
    },
  };
}

/** It has closed its session, or others have ended it. */
function isGone(state: State, host: string): boolean {
  const value = state.sessions.get(host)?.value;
  return value !== undefined && (value.dead || value.left);
}
