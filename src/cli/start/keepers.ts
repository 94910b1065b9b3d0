// Who of a host's two processes is there, told by its socket.

import { connect } from 'node:net';
import type { SystemLayout } from '../../layout.ts';

/** True when somebody accepts connections at the socket. */
function answersAt(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const timer = setTimeout(() => {
      end(false);
    }, 1_000);
    function end(answers: boolean): void {
      clearTimeout(timer);
      socket.destroy();
      resolve(answers);
    }
    socket.once('connect', () => {
      end(true);
    });
    socket.once('error', () => {
      end(false);
    });
  });
}

/** Who answered at its socket. */
export interface Presence {
  readonly host: string;
  readonly agent: boolean;
  readonly keeper: boolean;
}

/** Agent and keeper of every host. */
export function presences(layout: SystemLayout, hosts: readonly string[]): Promise<readonly Presence[]> {
  return Promise.all(
    hosts.map(async (host): Promise<Presence> => {
      const at = layout.host(host);
      const [agent, keeper] = await Promise.all([answersAt(at.agentSocket), answersAt(at.keeperSocket)]);
      return { host, agent, keeper };
    }),
  );
}
