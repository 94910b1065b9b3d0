// From what was written to the system it describes: names looked up, defaults filled in, parts held against each other.

import { canonicalAddress } from './internet-address.ts';
import { checkPorts } from './check-ports.ts';
import { findCycles } from './cycles.ts';
import { defined } from './lower-probe.ts';
import { lowerConsole } from './lower-console.ts';
import { checkFencing, lowerFence } from './lower-fence.ts';
import { checkNames, checkNeedCycles, neededByNone } from './lower-needs.ts';
import { lowerObjective, lowerReliability, usualObjective } from './lower-parts.ts';
import { lowerPeers } from './lower-peers.ts';
import { checkRoutes } from './lower-route.ts';
import { lowerService } from './lower-service.ts';
import { lowerStore } from './lower-store.ts';
import { missing, onlyOne, type Reading, type Whole } from './reading.ts';
import type { Path } from './problem.ts';
import { namePattern } from './shape-parts.ts';
import type { DescriptionShape } from './shape.ts';
import type { Domain, Host, NotifyTarget, System } from './system.ts';
import { wrongHttp } from './templates.ts';
import { shorten } from './words.ts';

/** The system; meaningful only when there are no findings. */
export function lower(reading: Reading, shape: DescriptionShape, hash: string): System {
  checkRequired(reading, shape);
  checkNameForms(reading, shape.system);
  const objective =
    shape.objective === undefined ? usualObjective : lowerObjective(reading, shape.objective, ['objective'], null);
  const domains = lowerDomains(reading, shape);
  const hosts = lowerHosts(reading, shape);
  const whole: Whole = {
    reading,
    system: shape.system ?? '',
    objective,
    hosts: reading.hosts,
    severalMachines: typeof shape.store === 'object',
  };
  const services = Object.entries(shape.services ?? {}).map(([name, service]) => lowerService(whole, name, service));
  checkNeedCycles(reading, services);
  checkPorts(reading.findings, whole.system, hosts, services);
  checkRoutes(reading, services, hosts);
  checkFencing(reading, services, hosts);
  return {
    name: whole.system,
    about: shape.about ?? null,
    objective,
    store: lowerStore(reading, shape),
    peers: lowerPeers(reading, shape, hosts),
    serves: lowerServes(reading, shape) ?? neededByNone(services),
    notify: lowerNotify(reading, shape),
    console: lowerConsole(reading, shape.console),
    detectorsOff: shape.detectors?.off ?? [],
    domains,
    hosts,
    services,
    folder: reading.folder,
    hash,
  };
}

function checkRequired(reading: Reading, shape: DescriptionShape): void {
  const examples = {
    system: 'system: pricing',
    objective: 'objective: { unavailable: 10m, per: 60m, recoverWithin: 2m }',
    hosts: 'hosts: { a: { address: 127.0.0.1 } }',
    services: 'services: { feed: { run: node feed.mjs, on: [a] } }',
  } as const;
  for (const key of ['system', 'objective', 'hosts', 'services'] as const)
    if (shape[key] === undefined) missing(reading, [], key, `Add it, for example \`${examples[key]}\`.`);
  if (shape.services !== undefined && reading.services.length === 0 && !reading.wasWrong(['services']))
    reading.findings.add(
      'SF-154',
      ['services'],
      'there are no services',
      'Describe at least one: feed: { run: node feed.mjs, on: [a] }.',
    );
}

function checkNameForms(reading: Reading, system: string | undefined): void {
  if (system !== undefined) checkNameForm(reading, system, ['system'], false);
  const owners = new Map<string, Path>();
  for (const [room, list] of [
    ['domains', reading.domains],
    ['hosts', reading.hosts],
    ['services', reading.services],
  ] as const)
    for (const name of list) {
      checkNameForm(reading, name, [room, name], true);
      const other = owners.get(name);
      if (other === undefined) owners.set(name, [room, name]);
      else
        reading.findings.add(
          'SF-140',
          [room, name],
          `"${name}" is also the name of a ${String(other[0]).slice(0, -1)}`,
          'Services, hosts and domains share one name space: rename one of the two.',
          { atKey: true },
        );
    }
}

function checkNameForm(reading: Reading, name: string, path: Path, atKey: boolean): void {
  if (new RegExp(namePattern).test(name)) return;
  const strange = /[^A-Za-z0-9._-]/u.exec(name)?.[0];
  const why =
    name === ''
      ? 'it is empty'
      : strange !== undefined
        ? `it holds ${strange === ' ' ? 'a space' : strange}`
        : name.length > 63
          ? 'it is longer than 63 characters'
          : !/[A-Za-z]/.test(name)
            ? 'it has no letter'
            : `it begins with ${name.slice(0, 1)}`;
  const next =
    'Use letters, digits, dots, underscores and hyphens, at most 63, a letter or digit first, at least one letter.';
  reading.findings.add('SF-133', path, `"${shorten(name)}" cannot be a name: ${why}`, next, { atKey });
}

function lowerDomains(reading: Reading, shape: DescriptionShape): Domain[] {
  const domains = Object.entries(shape.domains ?? {}).map(([name, domain]) => {
    const path = ['domains', name];
    if (domain.kind === undefined) missing(reading, path, 'kind', 'Say what it is: kind: rack.');
    return {
      name,
      kind: domain.kind ?? '',
      in: checkNames(reading, 'domain', domain.in ?? [], [...path, 'in']),
      reliability: lowerReliability(reading, domain, path),
    };
  });
  for (const cycle of findCycles(new Map(domains.map((domain) => [domain.name, domain.in])))) {
    const first = cycle[0] ?? '';
    reading.findings.add(
      'SF-151',
      ['domains', first, 'in'],
      cycle.length === 2 ? `${first} lies in itself` : `${cycle.join(' lies in ')}: that has no outermost`,
      `Remove one of these, for example ${cycle[1] ?? ''} from \`in\` of ${first}.`,
    );
  }
  return domains;
}

function lowerHosts(reading: Reading, shape: DescriptionShape): Host[] {
  return Object.entries(shape.hosts ?? {}).map(([name, host]) => {
    const path = ['hosts', name];
    if (host.address === undefined) {
      if (!reading.wasWrong([...path, 'address']))
        reading.findings.add(
          'SF-145',
          path,
          `host ${name} has no address`,
          'Add `address: 127.0.0.1`, or the address under which the other hosts reach it.',
          { atKey: true },
        );
    } else checkAddress(reading, host.address, [...path, 'address']);
    return {
      name,
      address: canonicalAddress(host.address ?? ''),
      in: checkNames(reading, 'domain', host.in ?? [], [...path, 'in']),
      peerPort: host.peerPort ?? null,
      reliability: lowerReliability(reading, host, path),
      fence: lowerFence(reading, host.fence, [...path, 'fence']),
    };
  });
}

function checkAddress(reading: Reading, address: string, path: Path): void {
  const v4 = /^\d+(\.\d+){3}$/.test(address) && address.split('.').every((part) => Number(part) <= 255);
  const v6 =
    /^[0-9a-f:.]+(%\w+)?$/i.test(address) &&
    address.includes(':') &&
    URL.canParse(`http://[${address.replace(/%.*/, '')}]/`);
  const name =
    /^(?=.*[a-z])[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?$/i.test(address) &&
    address.length <= 253;
  if (!v4 && !v6 && !name)
    reading.findings.add(
      'SF-136',
      path,
      `"${shorten(address)}" is not the address of a host`,
      'Write an IP address or a host name alone, without scheme, port or prefix.',
    );
}

function lowerServes(reading: Reading, shape: DescriptionShape): readonly string[] | null {
  if (shape.serves === undefined) return null;
  if (shape.serves.length === 0)
    reading.findings.add(
      'SF-154',
      ['serves'],
      'the list is empty, so nothing would ever count as unavailable',
      'Name what consumers use, or leave the key out.',
    );
  return checkNames(reading, 'service', shape.serves, ['serves']);
}

function lowerNotify(reading: Reading, shape: DescriptionShape): NotifyTarget[] {
  const targets: NotifyTarget[] = [];
  for (const [index, each] of (shape.notify ?? []).entries()) {
    const path = ['notify', index];
    const from = each.from === 1 || each.from === 2 ? each.from : 3;
    const kind = onlyOne(reading, defined(each), ['webhook', 'command'] as const, path);
    if (kind === 'webhook') {
      const url = each.webhook ?? '';
      const why = wrongHttp(url);
      if (why !== null)
        reading.findings.add(
          why.code,
          [...path, kind],
          `"${shorten(url)}" ${why.message}`,
          'Write for example "https://pager.example/hook".',
        );
      targets.push({ kind, url, from });
    } else if (kind === 'command' && each.command !== undefined) {
      const { command } = each;
      targets.push({ kind, argv: command.kind === 'argv' ? command.argv : ['/bin/sh', '-c', command.line], from });
    }
  }
  return targets;
}
