// Where the console listens: the described port, for each further host of a machine the next. Only where nothing was described does it look for
// another when that one is taken: a second system on the machine is no fault.

import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { FastifyInstance } from 'fastify';
import { errorWords } from '../model/error-words.ts';
import type { ConsoleChoice, System } from '../model/system.ts';

/** Free ports are looked for so far up. */
const portsTried = 100;
/** A former life's listener may take so long to be gone. */
const againMs = 250;
const ownPortTries = 8;

/** Listens, and answers with the URL; rejects with why not. */
export async function listen(
  app: FastifyInstance,
  choice: ConsoleChoice,
  place: number,
  hosts: number,
): Promise<string> {
  const own = choice.port === 0 ? 0 : choice.port + place;
  // Beyond the ports that this system's other hosts will want.
  const others = Array.from({ length: portsTried }, (_, index) => choice.port + hosts + index);
  const candidates = [...Array.from({ length: ownPortTries }, () => own), ...(choice.usual ? others : [])];
  let why = '';
  for (const [index, port] of candidates.entries()) {
    if (port > 65_535) break;
    if (index > 0 && index < ownPortTries) await new Promise((resolve) => setTimeout(resolve, againMs));
    try {
      await app.listen({ host: choice.address, port });
      return urlOf(app.server.address(), choice);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : null;
      why = code === 'EADDRINUSE' ? `port ${port} is in use` : errorWords(error);
      if (code !== 'EADDRINUSE') break;
    }
  }
  throw new Error(why);
}

/** How many hosts before this one are of this machine: those take the ports before. */
export function placeOf(system: System, me: string): number {
  const own = new Set(Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address)));
  const isHere = (address: string): boolean =>
    own.has(address) || address === 'localhost' || address === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address);
  const before = system.hosts.slice(
    0,
    Math.max(
      0,
      system.hosts.findIndex((host) => host.name === me),
    ),
  );
  return before.filter((host) => isHere(host.address)).length;
}

function urlOf(address: AddressInfo | string | null, choice: ConsoleChoice): string {
  const port = typeof address === 'object' && address !== null ? address.port : choice.port;
  const everywhere = choice.address === '0.0.0.0' || choice.address === '::';
  const name = choice.names[0] ?? (everywhere ? '127.0.0.1' : choice.address);
  return `${choice.tls === null ? 'http' : 'https'}://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
