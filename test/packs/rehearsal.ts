// A rehearsal of packs/deephaven that runs, driven by the command line alone.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { StatusView } from '../../src/api.ts';
import { isInPath } from '../../src/cli/start/addresses.ts';
import { parseEnvFile } from '../../src/model/environment.ts';
import { asPlanned, eventually, instanceOf, makeStand, serviceOf, type Ended, type Stand } from '../system/stand.ts';
import { faults, pidOf, type Fault, type Paths } from './faults.ts';

export const pack = join(import.meta.dirname, '..', '..', 'packs', 'deephaven');
/** The fourteen processes, and their levels when they are down. */
export const levels: Readonly<Record<string, number>> = {
  mariadb: 1,
  configuration_server: 1,
  log_aggregator_service: 1,
  authentication_server: 1,
  db_acl_write_server: 2,
  iris_controller: 1,
  db_dis: 1,
  db_rta: 1,
  tailer1: 2,
  db_merge_server: 2,
  db_query_server: 1,
  db_ltds: 1,
  web_api_service: 1,
  client_update_service: 2,
};

/** Why the rehearsal cannot be tried here; false: it can. */
export function missingHere(): string | false {
  const needs = JSON.parse(readFileSync(join(pack, 'rehearsal', 'needs.json'), 'utf8')) as { program: string }[];
  const missing = needs.filter((need) => !isInPath(need.program)).map((need) => need.program);
  return missing.length > 0 && `needs ${missing.join(', ')}`;
}

export interface Rehearsal {
  readonly stand: Stand;
  readonly folder: string;
  readonly paths: Paths;
  /** What somebody at the terminal asks of monit. */
  readonly monit: (...words: readonly string[]) => string;
  readonly run: (name: string, values?: Readonly<Record<string, string>>) => Promise<Ended>;
  /** It works, or says what it did. */
  readonly mustRun: (name: string, values?: Readonly<Record<string, string>>) => Promise<string>;
}

/** Builds and starts it; all stands, and the last known good of every file is kept. */
export async function startRehearsal(t: TestContext): Promise<Rehearsal> {
  const stand = makeStand(t, readFileSync(join(pack, 'standfast.yaml'), 'utf8'));
  const folder = join(stand.folder, 'r');
  const up = await stand.cli('up', pack, '--rehearsal', '--folder', folder, '--detach', '--timeout', '120s');
  assert.equal(up.code, 0, up.stderr + up.stdout);
  await stand.until('all of it stands', allStand);
  const { env: paths } = parseEnvFile(readFileSync(join(folder, 'paths.env'), 'utf8'));
  const rehearsal: Rehearsal = {
    stand,
    folder,
    paths,
    monit: (...words) =>
      execFileSync(paths['MONIT'] ?? '', ['-c', paths['MONITRC'] ?? '', ...words], { encoding: 'utf8' }),
    run: (name, values = {}) => {
      const set = Object.entries(values).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
      return stand.cli('runbook', 'run', name, '--yes', ...set);
    },
    mustRun: async (name, values) => {
      const { code, stdout, stderr } = await rehearsal.run(name, values);
      assert.equal(code, 0, `${name}: ${stderr}\n${stdout}`);
      return stdout;
    },
  };
  await atOnce(2, Object.keys(levels), async (name) => {
    await eventually(
      `the last known good of ${name} is kept`,
      async () => (await stand.cli('known-good', name)).code === 0,
    );
  });
  await rehearsal.mustRun('cache-backup');
  return rehearsal;
}

/** Each as planned, and well. What is only noticed of the machine or of former minutes is left aside. */
export function allStand(view: StatusView): boolean {
  return asPlanned(view) && view.services.every((service) => service.severity === 0);
}

/** Makes it and waits until it is seen and graded. */
export async function breakIt({ stand, paths }: Rehearsal, fault: Fault): Promise<void> {
  fault.make(paths);
  if (fault.kill) {
    const before = pidOf(paths, fault.service);
    process.kill(before, 'SIGKILL');
    await stand.until(`${fault.service} is back, with the fault`, (view) => {
      const { pid, phase } = instanceOf(view, fault.service, 'dh');
      return phase === 'active' && pid !== before;
    });
  }
  await areSeen(stand, [fault]);
}

/** Each is seen and graded as the fault is. One look serves all of them: a status of so much, asked for by each, is work. */
export async function areSeen(stand: Stand, faults: readonly Fault[]): Promise<void> {
  const left = new Set(faults);
  const words = faults.map((fault) => `${fault.service}: ${fault.what} is severity ${fault.severity}`);
  await stand.until(words.join('; '), (view) => {
    for (const fault of left) if (instanceOf(view, fault.service, 'dh').severity === fault.severity) left.delete(fault);
    return left.size === 0;
  });
}

/** Its own page mends it. */
export async function mend(rehearsal: Rehearsal, fault: Fault): Promise<void> {
  const said = await rehearsal.mustRun(fault.service);
  assert.match(said, /does not pass/, `${fault.service}: no check failed while this stood: ${fault.what}`);
  await rehearsal.stand.until(`${fault.service} stands`, (view) => serviceOf(view, fault.service).severity === 0);
}

/** How many blocks of a page change something. */
export function stepsOf(rehearsal: Rehearsal, page: string): number {
  return textOf(rehearsal, page).match(/^```sh do/gm)?.length ?? 0;
}

/** The page without its nth `sh do` ends as failed; afterwards it is whole again. */
export async function mustFailWithout(
  rehearsal: Rehearsal,
  of: { readonly page: string; readonly step: number; readonly values?: Readonly<Record<string, string>> },
): Promise<void> {
  const text = textOf(rehearsal, of.page);
  writeFileSync(fileOf(rehearsal, of.page), without(text, of.step));
  const { code, stdout, stderr } = await rehearsal.run(of.page, of.values);
  writeFileSync(fileOf(rehearsal, of.page), text);
  assert.equal(code, 1, `${of.page} without its step ${of.step}:\n${stdout}\n${stderr}`);
  assert.match(stderr, /SF-218/, `${of.page} without its step ${of.step} ended as failed`);
}

function textOf(rehearsal: Rehearsal, page: string): string {
  return readFileSync(fileOf(rehearsal, page), 'utf8');
}

function fileOf({ folder }: Rehearsal, page: string): string {
  return join(folder, 'runbooks', `${page}.md`);
}

/** Without the undo of it too, and without its words where no other block stands below the heading; and nobody waits long for what cannot come. */
function without(text: string, step: number): string {
  let seen = -1;
  const sections = text.split(/^(?=## )/m).map((section) => {
    let taken = false;
    const rest = section.replaceAll(/^```sh do[^]*?^```\n(\n```sh undo\n[^]*?^```\n)?/gm, (block) => {
      seen += 1;
      taken ||= seen === step;
      return seen === step ? '' : block;
    });
    return taken && !rest.includes('```sh') ? '' : rest;
  });
  return sections.join('').replaceAll(/within=\d+s/g, 'within=12s');
}

/** Some at a time: more would only wait for one another on a small machine. */
export async function atOnce<T>(count: number, items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const one = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: count }, one));
}

/** Faults that can be made at the same time: one of a service, and nothing that one of them needs. */
export function waves(of: readonly Fault[] = faults): readonly (readonly Fault[])[] {
  const first = ['mariadb', 'configuration_server', 'client_update_service'];
  const second = ['log_aggregator_service', 'authentication_server', 'db_dis', 'db_rta', 'db_ltds'];
  const waveOf = (fault: Fault): number => (first.includes(fault.service) ? 0 : second.includes(fault.service) ? 1 : 2);
  const isFirst = (fault: Fault): boolean => of.find((each) => each.service === fault.service) === fault;
  return [true, false]
    .flatMap((one) => [0, 1, 2].map((n) => of.filter((fault) => isFirst(fault) === one && waveOf(fault) === n)))
    .filter((wave) => wave.length > 0);
}
