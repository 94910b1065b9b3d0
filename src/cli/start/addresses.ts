// Whether this machine can do what `route` asks of it: said before anything starts, since a service whose address cannot come would be ended at
// each activation.

import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import { isLeased, type System } from '../../model/system.ts';
import { sessionTtl } from '../../model/timings.ts';
import { Failure } from '../failure.ts';
import { durationText } from '../times.ts';

/** Why an address could not move to a host of this machine. */
interface AddressFinding {
  readonly code: string;
  readonly what: string;
  readonly next: string;
}

/** Without nftables an address bears a lifetime of whole seconds, which may end one late: a lease needs two, its room, and some to be renewed in. */
const leastTtlMs = 2500;
/** CAP_NET_ADMIN, capabilities(7). */
const netAdmin = 12n;

/** Of the hosts that are of this machine; none when no address moves there. */
export function addressFindings(system: System, hosts: readonly string[]): AddressFinding[] {
  const routed = system.services.filter(
    (each) =>
      each.kind === 'run' && isLeased(each) && each.route !== null && each.on.some(({ host }) => hosts.includes(host)),
  );
  if (routed.length === 0) return [];
  const names = routed.map((each) => each.name).join(', ');
  const findings: AddressFinding[] = [];
  if (!mayChangeAddresses())
    findings.push({
      code: 'SF-331',
      what: `an address moves with ${names}, and this account may not put one on a device`,
      next: 'Run Standfast as root, or give it CAP_NET_ADMIN and CAP_NET_RAW; or remove `route`.',
    });
  const ttl = sessionTtl(system);
  if (!isInPath('nft') && ttl < leastTtlMs)
    findings.push({
      code: 'SF-332',
      what: `an address moves with ${names}, there is no nftables here, and a lease lives ${durationText(ttl)}: an address can only run out in whole seconds`,
      next: `Install nftables (apt-get install nftables). Without it a lease would have to live ${durationText(leastTtlMs)}.`,
    });
  return findings;
}

/** Throws the first. */
export function demandAddresses(system: System, hosts: readonly string[]): void {
  const [first] = addressFindings(system, hosts);
  if (first !== undefined) throw new Failure({ ...first, exit: 2 });
}

function mayChangeAddresses(): boolean {
  try {
    const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    return effective !== undefined && ((BigInt(`0x${effective}`) >> netAdmin) & 1n) === 1n;
  } catch {
    return process.getuid?.() === 0;
  }
}

/** True when a program of that name can be run, by the PATH of who runs this or by root's. */
export function isInPath(program: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
