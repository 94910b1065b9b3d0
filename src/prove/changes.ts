// Small changes to a description that may help: each a few edits of its text, with what it costs. Whether one helps is not guessed:
// who asks applies it, reads it and assesses it anew.

import type { Need, RunService, System } from '../model/system.ts';
import { isLeased } from '../model/system.ts';
import type { Assessment } from './assessment.ts';
import type { Part } from './part.ts';
import { topologyOf } from './topology.ts';
import type { Topology } from './topology.ts';

/** Sets what stands at a place in the text to this YAML, in flow form; what is not there yet is added. */
export interface Edit {
  readonly path: readonly string[];
  readonly value: string;
}

/** One way to change a description, in words and as edits of its text. */
export interface Change {
  readonly what: string;
  readonly cost: string;
  readonly edits: readonly Edit[];
}

/** How many parts, the most important first, changes are looked for. */
const mostParts = 12;

/** Changes worth trying, for what breaks the system most. */
export function changesFor({ system, analysis, grid, prospect }: Assessment): Change[] {
  const topology = topologyOf(system);
  const matters =
    analysis.contributions.length > 0
      ? analysis.contributions.map((each) => each.part)
      : analysis.cutSets.flatMap((set) => set.parts);
  const failing = prospect.kinds.flatMap((kind) => kind.services);
  const short = grid.filter((cell) => cell.strategy === 'bound').map((cell) => cell.component);
  const services = new Map(system.services.map((service) => [service.name, service]));
  const runs = [...failing, ...short].flatMap((name) => {
    const service = services.get(name);
    return service?.kind === 'run' ? [service] : [];
  });
  const changes = [
    ...[...new Set(matters)].slice(0, mostParts).flatMap((part) => changesForPart(part, system, topology)),
    ...[...new Set(runs)]
      .slice(0, mostParts)
      .flatMap((service) => [...sooner(service), ...oneMoreHost(service, system, topology)]),
  ];
  return [...new Map(changes.map((change) => [change.what, change])).values()];
}

function changesForPart(part: Part, system: System, topology: Topology): Change[] {
  switch (part.kind) {
    case 'domain':
      return anotherDomain(part.owner, system);
    case 'external':
      return anotherProvider(part.owner, system);
    case 'instance':
      return ofService(part.owner, system, topology);
    case 'host':
    case 'agent':
      return system.services
        .filter(
          (service) =>
            service.kind === 'run' && service.on.length <= 2 && service.on.some(({ host }) => host === part.owner),
        )
        .slice(0, 6)
        .flatMap((service) => ofService(service.name, system, topology));
    case 'store':
    case 'software':
    case 'configuration':
      // No change of the structure masks these.
      return [];
    default:
      return part.kind satisfies never;
  }
}

function ofService(name: string, system: System, topology: Topology): Change[] {
  const service = system.services.find((each) => each.name === name);
  return service?.kind === 'run' ? oneMoreHost(service, system, topology) : [];
}

/** Another host for a service: one that shares as little as possible with those it has, else a new one. */
function oneMoreHost(service: RunService, system: System, topology: Topology): Change[] {
  if (service.finishes) return [];
  const used = service.on.map(({ host }) => host);
  const shared = new Set(used.flatMap((host) => topology.domainsOf(host)));
  const common = (host: string): number => topology.domainsOf(host).filter((domain) => shared.has(domain)).length;
  const free = system.hosts
    .filter((host) => !used.includes(host.name))
    .toSorted((a, b) => common(a.name) - common(b.name))[0];
  const name = free?.name ?? freeName(system, 'spare');
  const address = system.hosts[0]?.address ?? '127.0.0.1';
  // Where the last of its hosts lies: what a host elsewhere would bring beyond that is for another change to show.
  const around = system.hosts.find((host) => host.name === used.at(-1))?.in ?? [];
  const inside = around.length === 0 ? '' : `, in: [${around.join(', ')}]`;
  const newHost: Edit[] =
    free === undefined ? [{ path: ['hosts', name], value: `{ address: "${address}"${inside} }` }] : [];
  const policy: Edit[] =
    service.policy === 'single'
      ? [{ path: ['services', service.name, 'policy'], value: 'hot-active/cold-passive' }]
      : [];
  return [
    {
      what: `${service.name} also on ${name}${service.policy === 'single' ? ', cold until it is needed' : ''}`,
      cost: `${free === undefined ? 'one more host (write its own address)' : `room on ${name}`}; what ${service.name} needs to run there (its port in env:, if it has one)`,
      edits: [...newHost, { path: ['services', service.name, 'on'], value: placesText(service, name) }, ...policy],
    },
  ];
}

function placesText(service: RunService, more: string): string {
  const env = service.on.some((place) => Object.keys(place.env).length > 0);
  const last = service.on.at(-1);
  if (!env) return `[${[...service.on.map(({ host }) => host), more].join(', ')}]`;
  const places = [...service.on, { host: more, env: last?.env ?? {} }];
  return `{ ${places.map((place) => `${place.host}: { env: ${JSON.stringify(place.env)} }`).join(', ')} }`;
}

/** A policy that takes over sooner, or a trigger that waits for nobody. */
function sooner(service: RunService): Change[] {
  if (!isLeased(service)) return [];
  const warmer: Readonly<Record<string, readonly [policy: string, cost: string]>> = {
    'hot-active/cold-passive': [
      'hot-active/warm-passive',
      'it runs on all of its hosts, and must be told when to become active (activate:)',
    ],
    'hot-active/warm-passive': ['hot-active/warm-active', 'its standby must keep its state up to date'],
  };
  const next = warmer[service.policy];
  return [
    ...(next === undefined
      ? []
      : [
          {
            what: `${service.name} as ${next[0]}`,
            cost: next[1],
            edits: [{ path: ['services', service.name, 'policy'], value: next[0] }],
          },
        ]),
    ...(service.trigger === 'manual'
      ? [
          {
            what: `Standfast fails ${service.name} over itself`,
            cost: 'nobody looks first',
            edits: [{ path: ['services', service.name, 'trigger'], value: 'supervisor' }],
          },
        ]
      : []),
  ];
}

/** A second switch, rack or zone: every other one of what lies in the first moves there. */
function anotherDomain(name: string, system: System): Change[] {
  const domain = system.domains.find((each) => each.name === name);
  if (domain === undefined) return [];
  const inside = [
    ...system.hosts.map((host) => ({ room: 'hosts', ...host })),
    ...system.domains.map((each) => ({ room: 'domains', ...each })),
  ].filter((each) => each.in.includes(name));
  if (inside.length < 2) return [];
  const second = freeName(system, name.replace(/-?\d+$/, ''));
  const { unavailability, mtbf, mttr, recoverWithin } = domain.reliability;
  const stated = [
    ...(unavailability === null ? [] : [`unavailability: ${unavailability}`]),
    ...(mtbf === null ? [] : [`mtbf: ${mtbf}ms`]),
    ...(mttr === null ? [] : [`mttr: ${mttr}ms`]),
    ...(recoverWithin === null ? [] : [`recoverWithin: ${recoverWithin}ms`]),
  ];
  const around = domain.in.length === 0 ? [] : [`in: [${domain.in.join(', ')}]`];
  return [
    {
      what: `a second ${domain.kind}, ${second}, for every other one in ${name}`,
      cost: `one ${domain.kind}`,
      edits: [
        {
          path: ['domains', second],
          value: `{ ${[`kind: ${JSON.stringify(domain.kind)}`, ...around, ...stated].join(', ')} }`,
        },
        ...inside
          .filter((_, index) => index % 2 === 1)
          .map((each) => ({
            path: [each.room, each.name, 'in'],
            value: `[${each.in.map((one) => (one === name ? second : one)).join(', ')}]`,
          })),
      ],
    },
  ];
}

/** A second provider, as good as the first, wherever the first is needed. */
function anotherProvider(name: string, system: System): Change[] {
  const provider = system.services.find((each) => each.name === name);
  const users = system.services.filter((each) => each.needs !== null && names(each.needs).includes(name));
  if (provider === undefined || users.length === 0 || users.length > 20) return [];
  const second = freeName(system, name.replace(/-?\d+$/, ''));
  const { unavailability } = provider.reliability;
  return [
    {
      what: `a second provider beside ${name}, ${second}`,
      cost: 'a contract with another owner, as good as the first',
      edits: [
        {
          path: ['services', second],
          value: `{ external: true${unavailability === null ? '' : `, unavailability: ${unavailability}`} }`,
        },
        ...users.map((user) => ({
          path: ['services', user.name, 'needs'],
          value: user.needs === null ? '[]' : needText(user.needs, name, second),
        })),
      ],
    },
  ];
}

function needText(need: Need, name: string, second: string): string {
  if (need.kind === 'service') return need.name === name ? `{ anyOf: [${name}, ${second}] }` : need.name;
  const of = need.of.map((each) => needText(each, name, second)).join(', ');
  if (need.kind === 'anyOf' && need.of.some((each) => each.kind === 'service' && each.name === name))
    return `{ anyOf: [${need.of.map((each) => (each.kind === 'service' ? each.name : needText(each, name, second))).join(', ')}, ${second}] }`;
  switch (need.kind) {
    case 'all':
      return `[${of}]`;
    case 'anyOf':
      return `{ anyOf: [${of}] }`;
    case 'atLeast':
      return `{ atLeast: ${need.k}, of: [${of}] }`;
    default:
      return need satisfies never;
  }
}

function names(need: Need): string[] {
  return need.kind === 'service' ? [need.name] : need.of.flatMap(names);
}

/** `switch-2` when `switch-1` is taken. */
function freeName(system: System, stem: string): string {
  const taken = new Set([...system.domains, ...system.hosts, ...system.services].map((each) => each.name));
  let number = 2;
  while (taken.has(`${stem}-${number}`)) number += 1;
  return `${stem}-${number}`;
}
