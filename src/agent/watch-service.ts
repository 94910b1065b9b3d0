// What one service on this host brings to look at.

import { dirname, join } from 'node:path';
import { isIP } from 'node:net';
import type { HostLayout } from '../layout.ts';
import type { ProbeSpec, RunService } from '../model/system.ts';
import type { Watch } from '../observe/modes/watch.ts';
import { pathOf, type Plans } from './plans.ts';
import { programsOf } from './programs.ts';

type Part = Pick<
  Watch,
  | 'folders'
  | 'mounts'
  | 'files'
  | 'own'
  | 'certificates'
  | 'programs'
  | 'packages'
  | 'units'
  | 'accounts'
  | 'entries'
  | 'names'
  | 'listens'
  | 'ports'
  | 'idle'
  | 'snapshots'
  | 'queues'
  | 'logs'
> & {
  readonly answers: readonly Omit<Watch['answers'][number], 'role'>[];
};

const npm = 'npm:';

/** All that the description names for this service on this host, and all that follows from it. */
export function plannedHere(service: RunService, plans: Plans, layout: HostLayout, own: string): Part {
  const plan = plans.plan(service);
  const services = [service.name];
  const { watch } = plan;
  const at = (path: string): string => pathOf(plan, path);
  const named = (names: readonly string[]): { name: string; services: string[] }[] =>
    names.map((name) => ({ name, services }));
  const logs = [layout.output(service.name), ...(plan.log === null ? [] : [at(plan.log.file)])];
  const keyBeside = (file: string): string | null => {
    const key = file.replace(/\.[^./]+$/, '.key');
    return key !== file && plan.files.some(({ path }) => at(path) === key) ? key : null;
  };
  const targets = plan.detect.checks.flatMap(({ probe }) => targetOf(probe));
  return {
    folders: [
      ...[plan.dir, ...plan.files.map(({ path }) => dirname(at(path)))].map((path) => ({ path, services })),
      ...[...logs.map(dirname), ...watch.disk.map(at)].map((path) => ({ path, services, isWritten: true })),
    ],
    mounts: watch.mounts.map((path) => ({ path: at(path), services })),
    files: [
      ...plan.files.map((file) => ({
        ...file,
        path: at(file.path),
        services,
        properties: watch.properties
          .filter((each) => at(each.file) === at(file.path))
          .map(({ name, value }) => ({ name, value })),
      })),
      ...[...new Set(watch.properties.map((each) => at(each.file)))]
        .filter((path) => !plan.files.some((file) => at(file.path) === path))
        .map((path) => ({
          path,
          services,
          mode: null,
          owner: null,
          group: null,
          properties: watch.properties
            .filter((each) => at(each.file) === path)
            .map(({ name, value }) => ({ name, value })),
        })),
    ],
    own: [{ service: service.name, values: ownValues(service, plan.env, own) }],
    certificates: [
      ...watch.certificates.map((each) => ({
        services,
        file: each.file === null ? null : at(each.file),
        on: each.on,
        name: each.name,
        key: each.key === null ? (each.file === null ? null : keyBeside(at(each.file))) : at(each.key),
        passwordFile: each.passwordFile === null ? null : at(each.passwordFile),
        isNamed: true,
      })),
      ...plan.files
        .filter(({ path }) => /\.(pem|crt|cer|der|p12|pfx)$/i.test(path))
        .filter(({ path }) => !watch.certificates.some((each) => each.file !== null && at(each.file) === at(path)))
        .map(({ path }) => {
          const file = at(path);
          return { services, file, on: null, name: null, key: keyBeside(file), passwordFile: null, isNamed: false };
        }),
      ...targets
        .filter(({ tls }) => tls)
        .map(({ address: on }) => {
          return { services, file: null, on, name: null, key: null, passwordFile: null, isNamed: true };
        }),
    ],
    programs: programsOf(plan.command).map((path) => ({
      path: path.includes('/') ? at(path) : path,
      searched: plan.env['PATH'] ?? process.env['PATH'] ?? '',
      services,
    })),
    packages: watch.packages.map((name, index) => ({
      name: name.startsWith(npm) ? `${npm}${at(name.slice(npm.length))}` : name,
      as: service.watch.packages[index] ?? name,
      services,
    })),
    units: named(watch.units),
    accounts: named([...(plan.user === null ? [] : [plan.user]), ...watch.accounts]),
    entries: watch.entries.map((text) => ({ text, services })),
    names: named([
      ...watch.names,
      ...targets.map(({ address }) => hostOf(address)).filter((name) => isIP(name) === 0 && name !== 'localhost'),
    ]),
    listens: named(targets.map(({ address }) => address).filter((each) => isHere(each, own))),
    ports: named(targets.map(({ address }) => address).filter((each) => !isHere(each, own))),
    idle: watch.idle.map((each) => ({ to: each.to, forMs: each.for, services })),
    snapshots: watch.snapshots.map((each) => ({ path: at(each.path), withinMs: each.within, services })),
    queues: watch.queues.map((path) => ({ path: at(path), services })),
    // Its own port alone: how long somebody else takes tells nothing of it.
    answers: plan.detect.checks
      .filter(({ probe }) => targetOf(probe).some(({ address, tls }) => !tls && isHere(address, own)))
      .flatMap(({ probe }) =>
        probe.kind === 'http' ? [probe.url] : probe.kind === 'tcp' ? [`tcp://${probe.address}`] : [],
      )
      .slice(0, 1)
      .map((url) => ({ service: service.name, url })),
    logs: logs.map((path) => ({ path: join(path), services })),
  };
}

/** What its place has of its own, filled in. */
function ownValues(
  service: RunService,
  env: Readonly<Record<string, string>>,
  address: string,
): Record<string, string> {
  const host = env['STANDFAST_HOST'] ?? '';
  const names = Object.keys(service.on.find((place) => place.host === host)?.env ?? {});
  return { ...Object.fromEntries(names.map((name) => [name, env[name] ?? ''])), HOST: host, ADDRESS: address };
}

/** An address of this host: what listens there is one of ours, and its own checks see to it. */
function isHere(address: string, own: string): boolean {
  const host = hostOf(address);
  return host === own || host === 'localhost' || host === '::1' || host.startsWith('127.');
}

/** Where a check connects to; nothing for those that do not. */
export function targetOf(probe: ProbeSpec): { readonly address: string; readonly tls: boolean }[] {
  if (probe.kind === 'tcp') return [{ address: probe.address, tls: false }];
  if (probe.kind !== 'http' || !URL.canParse(probe.url)) return [];
  const { hostname, port, protocol } = new URL(probe.url);
  const tls = protocol === 'https:';
  return [{ address: `${hostname}:${port === '' ? (tls ? '443' : '80') : port}`, tls }];
}

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}
