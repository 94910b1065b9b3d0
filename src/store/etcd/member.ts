// One member of the etcd: its connections, made when they are needed and dropped when it falls silent. Watches have a connection of
// their own, so that dropping a silent one for calls tears down no watch.

import { readFileSync } from 'node:fs';
import { createClient, type Client } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import type { EtcdAccess } from './access.ts';
import { Auth, Cluster, KV, Maintenance, Watch } from './gen/etcd_pb.js';
import { sessionTo, type EtcdSession } from './session.ts';

/** The services of etcd's API that we use. */
export interface EtcdCalls {
  readonly kv: Client<typeof KV>;
  readonly auth: Client<typeof Auth>;
  readonly cluster: Client<typeof Cluster>;
  readonly maintenance: Client<typeof Maintenance>;
}

/** One member and what is open to it. */
export interface EtcdMember {
  readonly endpoint: string;
  /** Throws when a file of the access cannot be read. */
  calls(): EtcdCalls;
  /** A connection of its own for one watch; `close` ends it. */
  watching(): { readonly watch: Client<typeof Watch>; close(): void };
  /** Ends what is open to it; the next call connects anew. */
  drop(): void;
}

/** A member that has not been asked anything yet. */
export function memberAt(endpoint: string, access: EtcdAccess): EtcdMember {
  let open: { readonly calls: EtcdCalls; readonly session: EtcdSession } | null = null;
  return {
    endpoint,
    calls() {
      if (open === null) {
        const { transport, session } = connect(endpoint, access);
        const calls = {
          kv: createClient(KV, transport),
          auth: createClient(Auth, transport),
          cluster: createClient(Cluster, transport),
          maintenance: createClient(Maintenance, transport),
        };
        open = { calls, session };
      }
      return open.calls;
    },
    watching() {
      const { transport, session } = connect(endpoint, access);
      return {
        watch: createClient(Watch, transport),
        close: () => {
          session.abort();
        },
      };
    },
    drop() {
      const old = open;
      open = null;
      old?.session.abort();
    },
  };
}

function connect(
  endpoint: string,
  access: EtcdAccess,
): { transport: ReturnType<typeof createGrpcTransport>; session: EtcdSession } {
  const tls = endpoint.startsWith('https:')
    ? {
        ...(access.ca === null ? {} : { ca: readFileSync(access.ca) }),
        ...(access.cert === null ? {} : { cert: readFileSync(access.cert) }),
        ...(access.key === null ? {} : { key: readFileSync(access.key) }),
      }
    : {};
  const session = sessionTo(endpoint, tls);
  // Nothing that we send is worth packing.
  const transport = createGrpcTransport({ baseUrl: endpoint, sessionManager: session, acceptCompression: [] });
  return { transport, session };
}
