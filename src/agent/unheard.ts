// What is stale says so: while the store is away nobody's renewals are seen, and only the lines between the agents tell who lives.

import type { PeerView, StatusView } from '../api.ts';

/** Shows hosts as silent whose agents cannot be heard at all: neither by the store nor by their line. */
export function withUnheard(view: StatusView, peers: readonly PeerView[]): StatusView {
  if (view.store.reachable) return view;
  const cut = new Set(peers.filter((each) => !each.connected).map((each) => each.host));
  if (cut.size === 0) return view;
  return {
    ...view,
    hosts: view.hosts.map((host) => (host.state === 'up' && cut.has(host.name) ? { ...host, state: 'silent' } : host)),
  };
}
