// How a managed etcd is formed for the first time: only when every planned member says that it was never formed. A member that lost its disk while the
// others are away must not begin a second one beside theirs. Each says over plain HTTP how far it is; that is no secret, and who lies can at worst keep
// a new system from forming.

import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { createServer, get } from 'node:http';
import type { PlannedMember } from '../store/etcd/plan.ts';

/** `unformed`: no etcd was ever here. `forming`: it was begun together with all others. `formed`: it has agreed with a majority. */
export type Forming = 'unformed' | 'forming' | 'formed';

const askWithinMs = 500;

/** Says how far this member is to whoever asks, for as long as the agent lives. */
export function serveForming(of: {
  readonly system: string;
  readonly member: PlannedMember;
  readonly now: () => Forming;
  readonly log: (text: string) => void;
}): { close(): void } {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ system: of.system, forming: of.now() }));
  });
  let timer: NodeJS.Timeout | null = null;
  const listen = (): void => {
    server.listen(of.member.formingPort, of.member.address);
  };
  server.on('error', (error) => {
    of.log(`port ${of.member.formingPort}, where members of the etcd ask whether it was formed: ${error.message}`);
    timer = setTimeout(listen, 1000);
  });
  listen();
  server.unref();
  return {
    close() {
      if (timer !== null) clearTimeout(timer);
      server.close();
    },
  };
}

/** What another member says of itself; null: nothing, or it belongs to another system. */
export function askForming(system: string, member: PlannedMember): Promise<Forming | null> {
  return new Promise((resolve) => {
    const request = get(
      { host: member.address, port: member.formingPort, timeout: askWithinMs, agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          if (text.length < 1000) text += chunk;
        });
        response.on('error', () => {
          resolve(null);
        });
        response.on('end', () => {
          resolve(formingIn(text, system));
        });
      },
    );
    request.on('timeout', () => {
      request.destroy();
    });
    request.on('error', () => {
      resolve(null);
    });
  });
}

function formingIn(text: string, system: string): Forming | null {
  try {
    const said: unknown = JSON.parse(text);
    if (typeof said !== 'object' || said === null || !('system' in said) || said.system !== system) return null;
    const forming = 'forming' in said ? said.forming : null;
    return forming === 'unformed' || forming === 'forming' || forming === 'formed' ? forming : null;
  } catch {
    return null;
  }
}

/** What stands in the mark; a mark that cannot be read says the most. */
export async function readForming(mark: string): Promise<Forming> {
  if (!existsSync(mark)) return 'unformed';
  const text = await readFile(mark, 'utf8').catch(() => 'formed');
  return text.trim() === 'forming' ? 'forming' : 'formed';
}

/** Written before the member is started, so that it is never begun twice. */
export async function writeForming(mark: string, forming: Forming): Promise<void> {
  await writeFile(`${mark}.new`, `${forming}\n`, { mode: 0o600 });
  await rename(`${mark}.new`, mark);
}
