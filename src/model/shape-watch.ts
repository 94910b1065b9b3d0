// The keys of `watch:` as written, and from them what is meant.

import { z } from 'zod';
import { template, text } from './leaf.ts';
import { duration } from './leaf-special.ts';
import type { Path } from './problem.ts';
import type { Parts } from './lower-probe.ts';
import { missing } from './reading.ts';
import { key } from './shape-parts.ts';
import { ms } from './units.ts';
import { noWatch, type ServiceWatch } from './watch.ts';

const texts = (what: string, example: string): z.ZodArray<z.ZodType<string>> => z.array(template(what, example));

/** The key `watch` of a service. */
export const watchShape = z.strictObject({
  disk: key(texts('a folder', 'data'), {
    description: 'Folders whose disks must have room, besides those of its own folder, logs and files.',
    examples: [['/var/lib/pricer']],
  }),
  mounts: key(texts('a folder', '/db'), {
    description: 'Folders on which something must be mounted.',
    examples: [['/db/Intraday']],
  }),
  certificates: key(
    z.array(
      z.strictObject({
        file: key(template('a file', 'etc/tls.pem'), {
          description: 'PEM or PKCS#12.',
          examples: ['etc/tls.pem'],
        }),
        on: key(template('an address', '"127.0.0.1:8443"'), {
          description: 'The port that serves it.',
          examples: ['127.0.0.1:8443'],
        }),
        name: key(template('a name', 'pricer.example'), {
          description: 'The name that clients ask for. Absent: the one in `on`.',
          examples: ['pricer.example'],
        }),
        key: key(template('a file', 'etc/tls.key'), {
          description:
            'Its private key, where that lies in a file of its own. Absent: of `files` the one beside it with the same name and `.key`.',
          examples: ['etc/tls.key'],
        }),
        passwordFile: key(template('a file', 'etc/keystore.pass'), {
          description: 'Holds the password of a PKCS#12 file.',
          examples: ['etc/keystore.pass'],
        }),
      }),
    ),
    {
      description: 'Certificates, besides those among `files` and behind https checks.',
      examples: [[{ file: 'etc/tls.pem', on: '127.0.0.1:8443' }]],
    },
  ),
  properties: key(
    z.array(
      z
        .strictObject({
          file: key(template('a file', 'etc/pricer.properties'), {
            description: 'A file of `name=value` or `name: value` lines.',
            examples: ['etc/pricer.properties'],
          }),
          name: key(text('a property', 'rates.url'), { description: 'Must be there.', examples: ['rates.url'] }),
          value: key(text('a value', 'https://rates.example'), {
            description: 'Must have this value. Absent: any.',
            examples: ['https://rates.example'],
          }),
        })
        .meta({ required: ['file', 'name'] }),
    ),
    {
      description: 'Properties that must be in a file.',
      examples: [[{ file: 'etc/pricer.properties', name: 'rates.url' }]],
    },
  ),
  names: key(texts('a name', 'rates.example'), {
    description: 'Names that must resolve, besides those of checks.',
    examples: [['rates.example']],
  }),
  packages: key(texts('a package', 'openjdk-17-jre-headless'), {
    description: 'Packages of the system (dpkg, rpm), or `npm:FOLDER`, that must stay as they are.',
    examples: [['openjdk-17-jre-headless']],
  }),
  units: key(texts('a unit', 'monit.service'), {
    description: 'Units of systemd that must stay enabled.',
    examples: [['monit.service']],
  }),
  accounts: key(texts('an account', 'irisadmin'), {
    description: 'Accounts that must stay usable, besides its `user`.',
    examples: [['irisadmin']],
  }),
  entries: key(z.array(text('text of a line', '/usr/bin/backup.sh')), {
    description: 'Text that must stand in a line of cron or sudo.',
    examples: [['/usr/local/bin/backup.sh']],
  }),
  idle: key(
    z.array(
      z
        .strictObject({
          to: key(template('an address', '"127.0.0.1:8443"'), {
            description: 'Where a connection is opened to.',
            examples: ['10.1.0.5:5432'],
          }),
          for: key(duration(), { description: 'How long it is held silent.', examples: ['10m'] }),
        })
        .meta({ required: ['to', 'for'] }),
    ),
    {
      description: 'Connections that must bear silence: a probe holds one open without a word.',
      examples: [[{ to: '10.1.0.5:5432', for: '10m' }]],
    },
  ),
  snapshots: key(
    z.array(
      z
        .strictObject({
          path: key(template('a file or folder', '/backup/pricer'), {
            description: 'A snapshot, or the folder of the snapshots.',
            examples: ['/backup/pricer'],
          }),
          within: key(duration(), {
            description: 'The newest may be this old (the recovery point objective).',
            examples: ['1d'],
          }),
        })
        .meta({ required: ['path', 'within'] }),
    ),
    { description: 'Snapshots that must be young enough.', examples: [[{ path: '/backup/pricer', within: '1d' }]] },
  ),
  queues: key(texts('a folder', 'spool'), {
    description: 'Folders whose entries wait to be worked off.',
    examples: [['spool/orders']],
  }),
});

/** What is to be watched; whatever is incomplete has been said and is left out. */
export function lowerWatch(parts: Parts, shape: z.output<typeof watchShape> | undefined, path: Path): ServiceWatch {
  if (shape === undefined) return noWatch;
  collectTemplates(parts, shape, path);
  const demand = (given: unknown, at: Path, name: string): void => {
    if (given === undefined) missing(parts.reading, at, name, `Add \`${name}:\`.`);
  };
  for (const [index, each] of (shape.properties ?? []).entries())
    for (const name of ['file', 'name'] as const) demand(each[name], [...path, 'properties', index], name);
  for (const [index, each] of (shape.idle ?? []).entries())
    for (const name of ['to', 'for'] as const) demand(each[name], [...path, 'idle', index], name);
  for (const [index, each] of (shape.snapshots ?? []).entries())
    for (const name of ['path', 'within'] as const) demand(each[name], [...path, 'snapshots', index], name);
  return {
    disk: shape.disk ?? [],
    mounts: shape.mounts ?? [],
    certificates: (shape.certificates ?? [])
      .map((each) => ({
        file: each.file ?? null,
        on: each.on ?? null,
        name: each.name ?? null,
        key: each.key ?? null,
        passwordFile: each.passwordFile ?? null,
      }))
      .filter((each) => each.file !== null || each.on !== null),
    properties: (shape.properties ?? []).map((each) => ({
      file: each.file ?? '',
      name: each.name ?? '',
      value: each.value ?? null,
    })),
    names: shape.names ?? [],
    packages: shape.packages ?? [],
    units: shape.units ?? [],
    accounts: shape.accounts ?? [],
    entries: shape.entries ?? [],
    idle: (shape.idle ?? []).map((each) => ({ to: each.to ?? '', for: each.for ?? ms(0) })),
    snapshots: (shape.snapshots ?? []).map((each) => ({ path: each.path ?? '', within: each.within ?? ms(0) })),
    queues: shape.queues ?? [],
  };
}

const filledLists = ['disk', 'mounts', 'names', 'packages', 'units', 'accounts', 'queues'] as const;

/** What is filled in on each host, as `filledWatch` does. */
function collectTemplates(parts: Parts, shape: z.output<typeof watchShape>, path: Path): void {
  const collect = (given: string | undefined, ...at: Path): void => {
    if (given !== undefined) parts.templates.push({ text: given, path: [...path, ...at], as: 'text' });
  };
  for (const name of filledLists) for (const [index, each] of (shape[name] ?? []).entries()) collect(each, name, index);
  for (const [index, each] of (shape.certificates ?? []).entries())
    for (const name of ['file', 'on', 'name', 'key', 'passwordFile'] as const)
      collect(each[name], 'certificates', index, name);
  for (const [index, { file }] of (shape.properties ?? []).entries()) collect(file, 'properties', index, 'file');
  for (const [index, { to }] of (shape.idle ?? []).entries()) collect(to, 'idle', index, 'to');
  for (const [index, each] of (shape.snapshots ?? []).entries()) collect(each.path, 'snapshots', index, 'path');
}
