// The command line of a managed etcd's member; the options are those of etcd 3.4 and newer.

import { isIP } from 'node:net';
import type { EtcdPlan, PlannedMember } from '../store/etcd/plan.ts';

/** `how`: the state and members told to it for the first time; a member with data does not look at them. */
export function etcdCommand(of: {
  readonly system: string;
  readonly me: PlannedMember;
  readonly plan: EtcdPlan;
  readonly data: string;
  readonly how: { readonly state: 'new' | 'existing'; readonly cluster: string };
}): string[] {
  const { me, plan, how } = of;
  const { tls } = plan;
  const secure = (prefix: string): string[] =>
    tls === null
      ? []
      : [
          [`--${prefix}cert-file`, tls.cert, `--${prefix}key-file`, tls.key],
          [`--${prefix}trusted-ca-file`, tls.ca, `--${prefix}client-cert-auth`],
        ].flat();
  return [
    ['etcd', '--name', me.host, '--data-dir', of.data],
    ['--listen-client-urls', bound(me.clientUrl, me), '--advertise-client-urls', me.clientUrl],
    ['--listen-peer-urls', bound(me.peerUrl, me), '--initial-advertise-peer-urls', me.peerUrl],
    ['--initial-cluster', how.cluster, '--initial-cluster-state', how.state],
    ['--initial-cluster-token', `standfast-${of.system}`],
    ['--heartbeat-interval', String(plan.heartbeatMs), '--election-timeout', String(plan.electionMs)],
    // A member that comes back does not make the others elect anew.
    ['--pre-vote=true', '--max-txn-ops', '1024', '--snapshot-count', '10000'],
    ['--auto-compaction-mode', 'revision', '--auto-compaction-retention', '10000'],
    ['--logger', 'zap', '--log-outputs', 'stderr', '--log-level', 'warn'],
    secure(''),
    secure('peer-'),
  ].flat();
}

/** etcd binds to addresses alone: a host that is described by its name listens on all of its machine's. */
function bound(url: string, me: PlannedMember): string {
  if (isIP(me.address) !== 0 || me.address === 'localhost') return url;
  const { protocol, port } = new URL(url);
  return `${protocol}//0.0.0.0:${port}`;
}
