// The form of a description: every key, what can stand there, and a sentence on what it means. Reading, the JSON Schema and
// docs/description.md are all made from this one schema. What no single key can show (missing keys, names that do not exist,
// two keys that contradict each other) is found after it, in `lower.ts`, so that everything wrong is shown at once:
// that is why no key is required here, and the ones that are say so in `required` for editors alone.

import { z } from 'zod';
import { choice, flag, number, text } from './leaf.ts';
import { command } from './leaf-command.ts';
import { duration } from './leaf-special.ts';
import { consoleShape } from './shape-console.ts';
import { detectorsShape } from './shape-detectors.ts';
import { byName, key, names, reliabilityKeys } from './shape-parts.ts';
import { objectiveShape } from './shape-detect.ts';
import { serviceShape } from './shape-service.ts';

const store = z.union([
  choice(['embedded'], 'a store'),
  z.strictObject({
    etcd: key(z.union([choice(['managed'], 'an etcd'), z.array(text('a URL', '"https://10.1.0.1:2379"'))]), {
      description: '`managed`: Standfast runs one on the described hosts; or the URLs of all members of your own.',
      examples: ['managed'],
    }),
    ca: key(text('a file', 'ca.pem'), { description: 'Whose certificates count.', examples: ['ca.pem'] }),
    cert: key(text('a file', 'cert.pem'), { description: 'Our certificate.', examples: ['cert.pem'] }),
    key: key(text('a file', 'key.pem'), { description: 'Its key.', examples: ['key.pem'] }),
    user: key(text('a user', 'standfast'), { description: 'Our user.', examples: ['standfast'] }),
    passwordFile: key(text('a file', 'etcd.password'), {
      description: 'Holds its password.',
      examples: ['etcd.password'],
    }),
  }),
]);

const peers = z.strictObject({
  port: key(number({ least: 1, most: 65_535, whole: true }), {
    description: 'Where the agents of different machines reach one another (TCP, mutual TLS).',
    default: 7440,
    examples: [7440],
  }),
  ca: key(text('a file', 'peers-ca.pem'), {
    description:
      'Your own certificates instead of those that each agent makes: whose certificates count. With `cert` and `key`.',
    examples: ['/etc/standfast/ca.pem'],
  }),
  cert: key(text('a file', 'peer.pem'), {
    description: "This machine's certificate, for the name or the address of its host.",
    examples: ['/etc/standfast/peer.pem'],
  }),
  key: key(text('a file', 'peer.key'), { description: 'Its key.', examples: ['/etc/standfast/peer.key'] }),
});

const notify = z.strictObject({
  webhook: key(text('a URL', '"https://pager.example/hook"'), {
    description: 'Incidents are POSTed here as JSON.',
    examples: ['https://pager.example/hook'],
  }),
  command: key(command(), {
    description: 'This command is run with the incident on its standard input.',
    examples: ['./page.sh'],
  }),
  from: key(number({ least: 1, most: 3, whole: true }), {
    description: 'Incidents of this severity and graver ones (1 is the gravest).',
    default: 3,
    examples: [2],
  }),
});

const domain = z
  .strictObject({
    kind: key(text('a kind of domain', 'rack'), {
      description: 'What it is: zone, rack, switch, …',
      examples: ['rack'],
    }),
    in: key(names('the name of a domain'), {
      description: 'Domains that it lies in; when they fail, it fails.',
      examples: ['zone-1'],
    }),
    ...reliabilityKeys,
  })
  .meta({ required: ['kind'] });

const host = z
  .strictObject({
    address: key(text('an address', '127.0.0.1'), {
      description: 'An IP address or a name. `up` starts an agent for each host whose address is of its machine.',
      examples: ['127.0.0.1'],
    }),
    in: key(names('the name of a domain'), {
      description: 'Domains that it lies in.',
      examples: [['rack-1', 'switch-1']],
    }),
    peerPort: key(number({ least: 1, most: 65_535, whole: true }), {
      description: 'Where its agent listens for those of other machines. Absent: `peers.port`.',
      examples: [7441],
    }),
    fence: key(
      z.strictObject({
        agent: key(text('a fence agent', 'fence_ipmilan'), {
          description: 'Which fence agent.',
          examples: ['fence_ipmilan'],
        }),
        options: key(z.record(z.string(), z.unknown()), {
          description: 'Its options, as its own documentation names them.',
          examples: [{ ip: '10.1.0.2' }],
        }),
        within: key(duration(), {
          description: 'How long switching off and confirming it may take together.',
          default: '60s',
          examples: ['60s'],
        }),
        powerOn: key(flag(), {
          description: 'Switched on again once it was confirmed off.',
          default: false,
          examples: [true],
        }),
      }),
      {
        description: 'How it is cut off from outside: a program in the form of the fence-agents of Debian and others.',
        examples: [{ agent: 'fence_ipmilan', options: { ip: '10.1.0.2' } }],
      },
    ),
    ...reliabilityKeys,
  })
  .meta({ required: ['address'] });

/** The whole of a description. */
export const descriptionShape = z
  .strictObject({
    system: key(text('the name of the system', 'pricing'), { description: 'Its name.', examples: ['pricing'] }),
    about: key(text('a sentence', 'Turns ticks into prices.'), {
      description: 'What it is for.',
      examples: ['Turns ticks into prices for the trading desk.'],
    }),
    objective: key(objectiveShape.meta({ required: ['unavailable', 'per', 'recoverWithin'] }), {
      description: 'How long an outage may last, and how much of it there may be.',
      examples: [{ unavailable: '10m', per: '60m', recoverWithin: '2m' }],
    }),
    store: key(store, {
      description: 'Where the agents agree. `embedded` is for hosts of this machine alone; etcd for those of several.',
      default: 'embedded',
      examples: ['embedded'],
    }),
    peers: key(peers, {
      description: 'How agents of different machines talk to one another. Nothing need be said.',
      examples: [{ port: 7440 }],
    }),
    serves: key(names('the name of a service'), {
      description:
        'What consumers use: the system is unavailable while any of these is. Absent: services that no other needs.',
      examples: [['gateway']],
    }),
    notify: key(z.array(notify), {
      description: 'Who hears of incidents.',
      examples: [[{ webhook: 'https://pager.example/hook', from: 2 }]],
    }),
    console: key(consoleShape, {
      description:
        'The web page that every agent serves. `false`: none. Absent: on loopback, where looking needs no password.',
      examples: [{ listen: '127.0.0.1:7420' }],
    }),
    detectors: key(detectorsShape, {
      description: 'What looks for failure modes on every host. Nothing need be said.',
      examples: [{ off: ['raid'] }],
    }),
    domains: key(byName(domain), {
      description: 'What fails together: zones, racks, switches, nested and crossing by `in`.',
      examples: [{ 'rack-1': { kind: 'rack', in: 'zone-1' } }],
    }),
    hosts: key(byName(host), {
      description: 'Where services run. `{}` when all of them are external.',
      examples: [{ a: { address: '127.0.0.1' } }],
    }),
    services: key(byName(serviceShape), {
      description: 'What runs, and what others depend on.',
      examples: [{ feed: { run: 'node feed.mjs', on: ['a'] } }],
    }),
  })
  .meta({ title: 'A Standfast description', required: ['system', 'objective', 'hosts', 'services'] });

/** As zod has read it: every key may be missing. */
export type DescriptionShape = z.output<typeof descriptionShape>;
