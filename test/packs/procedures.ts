// The procedures of the pack as they are met in life: each with what it is for, made beforehand, so that every one of its steps is needed.

import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { eventually, instanceOf, serviceOf } from '../system/stand.ts';
import { pidOf, type Paths } from './faults.ts';
import { levels, type Rehearsal } from './rehearsal.ts';

export interface Procedure {
  readonly page: string;
  readonly values: (paths: Paths) => Readonly<Record<string, string>>;
  /** Makes what the page is for. */
  readonly prepare: (rehearsal: Rehearsal) => Promise<void> | void;
}

const none = (): Readonly<Record<string, string>> => ({});
const file = (paths: Paths, name: string, ...rest: readonly string[]): string => join(paths[name] ?? '', ...rest);
const exported = (paths: Paths): string => file(paths, 'DH_ADMIN_HOME', 'exported.xml');
const query = (paths: Paths): string => file(paths, 'DH_ADMIN_HOME', 'controller/queries/1001.query');
const environment = (paths: Paths): string => file(paths, 'DH_ETC', 'resources/iris-environment.prop');
const host = (): Readonly<Record<string, string>> => ({ HOSTNAME: 'localhost' });

/** Every page of the pack that is no process's own and changes something. */
export const procedures: readonly Procedure[] = [
  { page: 'cache-backup', values: none, prepare: () => undefined },
  { page: 'controller-export', values: none, prepare: () => undefined },
  { page: 'cache-restore', values: none, prepare: ({ paths }) => rmSync(query(paths), { force: true }) },
  {
    page: 'controller-import-keep',
    values: (paths) => ({ FILE: exported(paths) }),
    prepare: ({ paths }) => {
      exportAll(paths, exported(paths));
      rmSync(query(paths));
    },
  },
  {
    page: 'controller-import-replace',
    values: (paths) => ({ FILE: exported(paths) }),
    prepare: ({ paths }) => {
      exportAll(paths, exported(paths));
      writeFileSync(query(paths), readFileSync(query(paths), 'utf8').replace(/name="\w+"/, 'name="Changed"'));
    },
  },
  {
    page: 'corrupt-intraday',
    values: () => ({ NAMESPACE: 'Order', TABLE: 'Event', PARTITION: '*', DATE: '2018-02-08' }),
    prepare: ({ paths }) => {
      const state = file(paths, 'DH_DB', 'TempFiles/dbmerge/db_dis/partition1/2018-02-08/Order.Event.userstate');
      const table = file(paths, 'DH_DB', 'Intraday/Order/Event/partition1/2018-02-08/table.size');
      for (const each of [state, table]) {
        mkdirSync(dirname(each), { recursive: true });
        writeFileSync(each, 'spoiled');
      }
    },
  },
  {
    page: 'etcd-space',
    values: none,
    prepare: async ({ paths, stand }) => {
      const alarm = JSON.stringify({ action: 'ACTIVATE', alarm: 'NOSPACE' });
      const url = `http://127.0.0.1:${paths['ETCD_PORT']}/v3/maintenance/alarm`;
      execFileSync('curl', ['-sf', '-d', alarm, url], { stdio: 'ignore' });
      await stand.until('that is seen', (view) => serviceOf(view, 'etcd').severity === 3);
    },
  },
  {
    page: 'forced-shutdown',
    values: () => ({ TIMEOUT_MS: '700' }),
    prepare: ({ paths }) => writeFileSync(environment(paths), '# Properties of this installation.\n'),
  },
  {
    page: 'enable-web-api',
    values: none,
    prepare: (rehearsal) => switchOff(rehearsal, 'web_api_service', 'web_api_service.conf', 'web_api_service.disabled'),
  },
  {
    page: 'enable-update-service',
    values: host,
    prepare: async (rehearsal) => {
      const getdown = file(rehearsal.paths, 'CUS_ROOT', 'iris/getdown.txt');
      for (const each of [getdown, `${getdown}.pre`])
        writeFileSync(each, 'appbase = http://WEBHOST/iris/\nui.install_error = http://WEBHOST/iris/error.html\n');
      await switchOff(rehearsal, 'client_update_service', 'cus.conf', 'cus.conf.disabled');
    },
  },
  {
    page: 'replace-keystore',
    values: host,
    prepare: ({ paths }) => {
      newCertificate(paths);
      rmSync(`${paths['KEYSTORE']}.ORG`, { force: true });
      const common = file(paths, 'DH_ETC', 'resources/iris-common.prop');
      const lines = readFileSync(common, 'utf8').split('\n');
      writeFileSync(common, lines.filter((line) => !line.startsWith('RemoteQueryDispatcherParameters')).join('\n'));
    },
  },
  {
    page: 'update-service-passwords',
    values: (paths) => ({ CUS_USER: 'iris', PASSWORD_FILE: file(paths, 'DH_RUN', 'password') }),
    prepare: async (rehearsal) => {
      const { paths } = rehearsal;
      writeFileSync(file(paths, 'DH_RUN', 'password'), 'not a secret\n', { mode: 0o600 });
      rmSync(paths['CUS_USERS'] ?? '', { force: true });
      await asItWas(rehearsal, 'client_update_service', [paths['CUS_CONF'] ?? '']);
    },
  },
  {
    page: 'update-service-https',
    values: host,
    prepare: async (rehearsal) => {
      const { paths } = rehearsal;
      newCertificate(paths);
      rmSync(paths['CUS_PEM'] ?? '', { force: true });
      const getdown = file(paths, 'CUS_ROOT', 'iris/getdown.txt');
      for (const each of [getdown, `${getdown}.pre`])
        writeFileSync(each, 'appbase = http://WEBHOST/iris/\nui.install_error = http://WEBHOST/iris/error.html\n');
      await asItWas(rehearsal, 'client_update_service', [paths['CUS_CONF'] ?? '']);
    },
  },
  {
    page: 'without-log-aggregator',
    values: none,
    prepare: ({ paths }) => writeFileSync(environment(paths), '# Properties of this installation.\n'),
  },
  {
    page: 'with-log-aggregator',
    values: none,
    prepare: async (rehearsal) => {
      await rehearsal.mustRun('without-log-aggregator');
      const { code, stderr } = await rehearsal.stand.cli('stop', 'log_aggregator_service', '--why', 'not to be mended');
      if (code !== 0) throw new Error(stderr);
      await rehearsal.stand.until(
        'the log aggregator is down',
        (view) => instanceOf(view, 'log_aggregator_service', 'dh').phase === 'down',
      );
    },
  },
  {
    page: 'older-installation',
    values: none,
    prepare: ({ paths }) => {
      const common = file(paths, 'DH_ETC', 'resources/iris-common.prop');
      if (existsSync(common)) renameSync(common, `${common}.away`);
      rmSync(file(paths, 'DH_ETC', 'resources/openapi-defaults.prop'), { force: true });
    },
  },
];

/** All queries are there, and written by the tool that the pages use. */
function exportAll(paths: Paths, to: string): void {
  writeFileSync(query(paths), '<query serial="1001" name="ImportQuotes">t = db.i("Market", "Quotes")</query>\n');
  execFileSync(paths['IRIS'] ?? '', ['controller_tool', '--export', '--file', to], { stdio: 'ignore' });
}

/** As it is delivered: monit does not know it, and nothing runs. */
export async function switchOff(rehearsal: Rehearsal, service: string, from: string, to: string): Promise<void> {
  const { paths, stand, monit } = rehearsal;
  if (existsSync(file(paths, 'DH_MONIT_D', from)))
    renameSync(file(paths, 'DH_MONIT_D', from), file(paths, 'DH_MONIT_D', to));
  monit('reload');
  await eventually(`monit does not know ${service}`, () => {
    try {
      const known = monit('summary');
      return known.includes('db_dis') && !known.includes(service);
    } catch {
      // It reads its files: whoever asks meanwhile is turned away.
      return false;
    }
  });
  const pid = pidOf(paths, service);
  if (instanceOf((await stand.status()) ?? (await stand.until('a picture', () => true)), service, 'dh').pid === pid)
    process.kill(pid, 'SIGKILL');
  await stand.until(`${service} is down`, (view) => serviceOf(view, service).severity === levels[service]);
}

/** Files as they were when they were first seen here, and the service restarted with them. */
async function asItWas(rehearsal: Rehearsal, service: string, files: readonly string[]): Promise<void> {
  for (const each of files)
    if (existsSync(`${each}.first`)) copyFileSync(`${each}.first`, each);
    else copyFileSync(each, `${each}.first`);
  const before = pidOf(rehearsal.paths, service);
  const { code, stderr } = await rehearsal.stand.cli('restart', service, '--why', 'as it was');
  if (code !== 0) throw new Error(stderr);
  await rehearsal.stand.until(`${service} is back as it was`, (view) => {
    const { pid, phase } = instanceOf(view, service, 'dh');
    return phase === 'active' && pid !== before;
  });
}

const pastClock = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';
export const canGoBack = existsSync(pastClock);

/** As a certificate authority would hand it over, for 90 days; `agoDays` ago where `canGoBack`. */
export function newCertificate(paths: Paths, agoDays = 0): void {
  const out = ['-keyout', paths['TLS_KEY'] ?? '', '-out', paths['TLS_CERTIFICATE'] ?? ''];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '90', ...names, ...out], {
    stdio: 'ignore',
    env: { ...process.env, ...(agoDays === 0 ? {} : { LD_PRELOAD: pastClock, FAKETIME: `-${agoDays}d` }) },
  });
}
