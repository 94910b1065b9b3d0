// The lines between the agents: over them go promises while the store is away, so each that is missing costs the active its place then.

import type { PeerView } from '../../api.ts';
import { connectAgent } from '../../client.ts';
import type { ChosenSystem, Context } from '../context.ts';
import { safe } from '../text.ts';
import type { Finding } from './machine.ts';

/** One finding for each line to another machine, and for each that is not there. */
export async function peerFindings(context: Context, system: ChosenSystem): Promise<readonly Finding[]> {
  const several = system.hosts.length > 1;
  const found = await Promise.all(
    system.hosts.map(async (host) => {
      const peers = await connectAgent(system.layout.host(host).agentSocket, 2_000)
        .peers()
        .catch(() => []);
      return peers
        .filter((each) => !each.connected || each.by === 'network')
        .map((each) => finding(context, each, several ? ` from ${host}` : ''));
    }),
  );
  return found.flat();
}

function finding(context: Context, peer: PeerView, from: string): Finding {
  const what = `line to ${peer.host}${from}`;
  const place = `${peer.address}${peer.port === null ? '' : `, port ${peer.port}`}`;
  if (peer.connected) return { what, verdict: 'good', found: `connected by TLS to ${place}`, next: null };
  const why = peer.why ?? 'it is being connected';
  return {
    what,
    verdict: 'soso',
    found: `not connected to ${place}: ${safe(why)}`,
    next: `${nextFor(why, peer, context)} While the store is away, what is active here stays only if every host promises.`,
  };
}

function nextFor(why: string, peer: PeerView, context: Context): string {
  if (why.includes('has not run')) return `Start it on ${peer.host}: ${context.command('up PATH')}.`;
  if (why.includes('is not accepted'))
    return `Give ${peer.host} a certificate that counts (peers: ca, cert and key; its agent reads them again within a minute), or look after the clocks.`;
  if (why.includes('certificate'))
    return `Does another machine answer at ${peer.address}? If ${peer.host} was replaced, it is heard once the former session has ended.`;
  return `Does ${peer.host} run, and do firewalls let ${peer.port === null ? 'its port' : `port ${peer.port}`} through?`;
}
