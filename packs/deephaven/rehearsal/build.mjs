// Builds the whole installation in a folder of its own: `build.mjs FOLDER`. Real monit, MariaDB, lighttpd and etcd, and stand-ins for the Java processes.
// Nothing outside the folder is touched. What is there already (data, ports, properties) is kept: a second rehearsal goes on where the first ended; description,
// runbooks and programs are those of the pack.

import { execFileSync } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { delimiter, dirname, join, relative, resolve } from 'node:path';
import { processes } from './work.mjs';

const pack = resolve(import.meta.dirname, '..');
const folder = resolve(process.argv[2] ?? '');
const root = join(folder, 'root');
const isRoot = process.getuid() === 0;

if (/[\s'"]/.test(root))
  throw new Error(
    `monit and MariaDB take no path with spaces or quotes, as ${folder} has. Give another one: --folder FOLDER`,
  );
if (root.length > 80)
  throw new Error(
    `${folder} is too long a path: sockets below it could not be made. Give a shorter one: --folder FOLDER`,
  );
mkdirSync(folder, { recursive: true });
for (const file of ['standfast.yaml', 'runbooks']) cpSync(join(pack, file), join(folder, file), { recursive: true });
const isNew = !existsSync(join(folder, 'paths.env'));
// Names that the pack did not have when the folder was built come in addition.
const paths = { ...(await fillPaths()), ...(isNew ? {} : read(join(folder, 'paths.env'))) };
installPrograms();
if (isNew) {
  for (const name of ['DH_LOG', 'DH_RUN', 'DH_ADMIN_HOME', 'DH_MONIT_D', 'CUS_LOG'])
    mkdirSync(paths[name], { recursive: true });
  makeProperties();
  await makeSystem();
  makeMonit();
  makeData();
  makeKeystore();
  makeUpdateService();
  makeDatabase();
  await fillEtcd();
}
// Last: a build that was broken off is begun again.
writeFileSync(
  join(folder, 'paths.env.new'),
  Object.entries(paths)
    .map(([name, value]) => `${name}=${value}\n`)
    .join(''),
);
renameSync(join(folder, 'paths.env.new'), join(folder, 'paths.env'));

/** Paths of the real system move below our root; programs are where this machine has them; ports are free ones. */
async function fillPaths() {
  const filled = {};
  const held = [];
  for (const [name, value] of Object.entries(read(join(pack, 'paths.env')))) {
    if (name.endsWith('_PORT')) filled[name] = String(await freePort(held));
    else if (['MONIT', 'MARIADB', 'MARIADB_DUMP', 'LIGHTTPD'].includes(name))
      filled[name] = program(value.slice(value.lastIndexOf('/') + 1));
    else filled[name] = value.startsWith('/') ? `${root}${value}` : value;
  }
  for (const server of held) server.close();
  // Accounts that every Debian has; who is not root has only himself.
  const [owner, group] = isRoot
    ? ['nobody', 'nogroup']
    : [userInfo().username, execFileSync('id', ['-gn'], { encoding: 'utf8' }).trim()];
  return { ...filled, KEYSTORE_OWNER: owner, KEYSTORE_GROUP: group };
}

function read(file) {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

function program(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/local/sbin'];
  const found = folders.map((each) => join(each, name)).find((each) => existsSync(each));
  if (found === undefined) throw new Error(`there is no program ${name}`);
  return found;
}

/**
 * Held until all are given away, so that none is given twice. Below those that the kernel gives to connections: one of these may have taken it by the time a
 * process that was killed comes back to it.
 */
async function freePort(held) {
  for (;;) {
    const server = createServer();
    const port = randomInt(24_000, 26_000);
    const free = await new Promise((done) => {
      server.once('error', () => done(false));
      server.listen(port, '127.0.0.1', () => done(true));
    });
    if (!free) continue;
    held.push(server);
    return port;
  }
}

function installPrograms() {
  mkdirSync(dirname(paths.IRIS), { recursive: true });
  for (const file of readdirSync(import.meta.dirname).filter((each) => each.endsWith('.mjs') && each !== 'build.mjs'))
    copyFileSync(join(import.meta.dirname, file), join(dirname(paths.IRIS), file));
  // monit hands its own surroundings to nobody: the paths stand in the program.
  const exports = Object.entries(paths).map(([name, value]) => `${name}='${value}'; export ${name}\n`);
  write(
    paths.IRIS,
    `#!/bin/sh
${exports.join('')}runs() { pid=$(cat "$DH_RUN/$1.pid" 2>/dev/null) && grep -q "$1" "/proc/$pid/cmdline" 2>/dev/null; }
case "\${1:-}" in
start)
  if runs "$2"; then exit 0; fi
  setsid '${process.execPath}' '${join(dirname(paths.IRIS), 'iris.mjs')}' "$2" </dev/null >>"$DH_LOG/$2.out" 2>&1 &
  echo $! >"$DH_RUN/$2.pid" ;;
stop)
  if runs "$2"; then kill -TERM "-$pid"; fi ;;
*)
  exec '${process.execPath}' '${join(dirname(paths.IRIS), 'iris.mjs')}' "$@" ;;
esac
`,
    0o755,
  );
}

function write(file, text, mode = 0o644) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, mode);
}

function makeProperties() {
  const resources = join(paths.DH_ETC, 'resources');
  const logs = join(paths.DH_LOG, 'binlogs');
  mkdirSync(logs, { recursive: true });
  write(join(resources, 'iris-environment.prop'), '# Properties of this installation.\n');
  write(
    join(resources, 'iris-common.prop'),
    `default.processEnvironmentFactory=com.fishlib.base.system.ProcessEnvironmentFactory
configuration.server.url=http://127.0.0.1:${paths.CONFIG_PORT}
WebServer.tls.keystore=${paths.KEYSTORE}
WebServer.tls.passphrase.file=${paths.PASSPHRASE_FILE}
LogAggregatorService.port=${paths.LAS_PORT}
[service.name=dbquery|dbmerge|db_query_server|db_merge_server] {
  ShutdownManager.deephaven.shutdownTimeoutMillis=60000
}
`,
  );
  const own = {
    configuration_server: ['CONFIG', `etcd.url=http://127.0.0.1:${paths.ETCD_PORT}\netcd.prefix=/deephaven/config/`],
    authentication_server: ['AUTH', 'MysqlDbAclProvider.database=dbacl_iris'],
    db_acl_write_server: ['ACL', 'MysqlDbAclProvider.database=dbacl_iris'],
    log_aggregator_service: ['LAS_STATUS', `LogAggregatorService.logDir=${logs}`],
    iris_controller: ['CONTROLLER', `PersistentQueryController.cache=${paths.DH_ADMIN_HOME}/controller/queries`],
    tailer1: ['TAILER', `LogTailer.dis.host=127.0.0.1\nLogTailer.dis.port=${paths.DIS_PORT}`],
    db_rta: ['RTA', `DataImportServer.intradayDir=${paths.DH_DB}/Intraday`],
    db_dis: ['DIS', `DataImportServer.intradayDir=${paths.DH_DB}/Intraday`],
    db_merge_server: [
      'MERGE',
      `RemoteQueryDispatcher.authentication.host=127.0.0.1\nRemoteQueryDispatcher.authentication.port=${paths.AUTH_PORT}`,
    ],
    db_query_server: [
      'QUERY',
      `RemoteQueryDispatcher.authentication.host=127.0.0.1\nRemoteQueryDispatcher.authentication.port=${paths.AUTH_PORT}\nRemoteQueryDispatcherParameters.host=localhost`,
    ],
    db_ltds: ['LTDS', `DataImportServer.intradayDir=${paths.DH_DB}/Intraday`],
    web_api_service: ['WEB', 'RemoteQueryDispatcher.websocket.enabled=true'],
  };
  for (const [name, [port, text]] of Object.entries(own))
    write(
      join(resources, name === 'db_query_server' ? 'iris-query-server.prop' : `${name}.prop`),
      `${name}.port=${paths[`${port}_PORT`]}\n${text}\n`,
    );
}

/** What the system itself starts: `service NAME start|stop|status`, as init scripts do it (LSB). */
async function makeSystem() {
  write(paths.SERVICE, `#!/bin/sh\nexec '${join(root, 'etc/init.d')}'/"$1" "$2"\n`, 0o755);
  const client = `http://127.0.0.1:${paths.ETCD_PORT}`;
  const held = [];
  const peer = `http://127.0.0.1:${await freePort(held)}`;
  for (const server of held) server.close();
  const data = join(root, 'var/lib/etcd');
  mkdirSync(data, { recursive: true, mode: 0o700 });
  makeInit(
    paths.ETCD_SERVICE,
    `${program('etcd')} --data-dir=${data} --listen-client-urls=${client} --advertise-client-urls=${client} --listen-peer-urls=${peer} --initial-advertise-peer-urls=${peer} --initial-cluster=default=${peer}`,
  );
  makeInit(paths.MARIADB_SERVICE, `${program('mariadbd')} --defaults-file=${paths.MY_CNF}`);
  makeInit(paths.MONIT_SERVICE, `${paths.MONIT} -I -c ${paths.MONITRC}`);
}

function makeInit(name, command) {
  const pidFile = join(paths.DH_RUN, `${name}.pid`);
  write(
    join(root, 'etc/init.d', name),
    `#!/bin/sh
runs() { pid=$(cat '${pidFile}' 2>/dev/null) && grep -q '${command.split(' ')[0]}' "/proc/$pid/cmdline" 2>/dev/null; }
case "$1" in
start)
  if runs; then exit 0; fi
  setsid ${command} </dev/null >>'${paths.DH_LOG}/${name}.out' 2>&1 &
  echo $! >'${pidFile}'
  # Not before it is in a session of its own: whoever called may end what it finds in his.
  while kill -0 $! 2>/dev/null && ! runs; do sleep 0.05; done ;;
stop)
  if runs; then kill -TERM "$pid"; fi ;;
status)
  if runs; then echo "${name} is running, pid $pid"; else echo "${name} is not running"; exit 3; fi ;;
*)
  echo "write start, stop or status" >&2; exit 2 ;;
esac
`,
    0o755,
  );
}

/**
 * monit owns the processes: it starts and stops them, and starts again what ends. Once it has begun it leaves all of them to Standfast, which asks for each
 * when what it needs is there (`onreboot nostart`).
 */
function makeMonit() {
  const run = dirname(paths.MONITRC);
  mkdirSync(run, { recursive: true });
  write(
    paths.MONITRC,
    `set daemon 1
set onreboot nostart
set logfile ${run}/monit.log
set idfile ${run}/monit.id
set statefile ${run}/monit.state
set pidfile ${run}/monit.pid
set httpd unixsocket ${run}/monit.sock
  allow admin:"${randomBytes(12).toString('hex')}"
include ${paths.DH_MONIT_D}/*.conf
`,
    0o600,
  );
  for (const name of Object.keys(processes))
    makeMonitFile(name, name, `${paths.IRIS} start ${name}`, `${paths.IRIS} stop ${name}`);
  const pidFile = join(paths.DH_RUN, 'client_update_service.pid');
  makeMonitFile(
    'cus',
    'client_update_service',
    `${paths.LIGHTTPD} -f ${paths.CUS_CONF}`,
    `/bin/sh -c 'kill -TERM $(cat ${pidFile})'`,
  );
}

/** A short time to start, since monit does nothing else meanwhile; a long one to end in order. */
function makeMonitFile(file, name, start, stop) {
  write(
    join(paths.DH_MONIT_D, `${file}.conf`),
    `check process ${name} with pidfile ${join(paths.DH_RUN, `${name}.pid`)}
  start program = "${start}" with timeout 10 seconds
  stop program = "${stop}" with timeout 70 seconds
`,
    0o600,
  );
}

function makeData() {
  const today = new Date().toISOString().slice(0, 10);
  for (const [namespace, table] of [
    ['Order', 'Event'],
    ['Market', 'Quotes'],
  ])
    for (const date of ['2018-02-09', today]) {
      write(join(paths.DH_DB, 'Intraday', namespace, table, 'partition1', date, 'table.size'), 'DHTABLE1\n');
      const state = join(paths.DH_DB, 'TempFiles/dbmerge/db_dis');
      write(join(state, 'partition1', date, `${namespace}.${table}.userstate`), '');
      write(join(state, 'partition1', date, `${namespace}.${table}.bin.header`), '');
      write(join(state, `partition1.${date}.${namespace}.${table}.loaderState`), '');
      write(join(paths.DH_DB, 'Systems', namespace, 'ImportDetails/partition1', date, `${table}.importDetails`), '');
    }
  for (const [serial, name] of [
    [1001, 'ImportQuotes'],
    [1002, 'MergeOrders'],
    [1003, 'DeskDashboard'],
  ])
    write(
      join(paths.DH_ADMIN_HOME, 'controller/queries', `${serial}.query`),
      `<query serial="${serial}" name="${name}">t = db.i("Market", "Quotes")</query>\n`,
    );
}

/** Self-signed, as the real installation makes its own; and a pair as a certificate authority would hand it over, for the procedures. */
function makeKeystore() {
  write(paths.PASSPHRASE_FILE, `${Buffer.from(randomBytes(18).toString('hex')).toString('base64')}\n`, 0o440);
  mkdirSync(dirname(paths.KEYSTORE), { recursive: true });
  makeCertificate(paths.TLS_CERTIFICATE, paths.TLS_KEY);
  const passphrase = Buffer.from(readFileSync(paths.PASSPHRASE_FILE, 'utf8').trim(), 'base64').toString();
  execFileSync(
    'openssl',
    [
      'pkcs12',
      '-export',
      '-in',
      paths.TLS_CERTIFICATE,
      '-inkey',
      paths.TLS_KEY,
      '-name',
      'webapi',
      '-out',
      paths.KEYSTORE,
      '-passout',
      'env:STOREPASS',
    ],
    {
      env: { ...process.env, STOREPASS: passphrase },
    },
  );
  chmodSync(paths.KEYSTORE, 0o440);
  if (!isRoot) return;
  const id = (option) => Number(execFileSync('id', [option, paths.KEYSTORE_OWNER], { encoding: 'utf8' }));
  for (const file of [paths.KEYSTORE, paths.PASSPHRASE_FILE]) chownSync(file, id('-u'), id('-g'));
}

function makeCertificate(certificate, key) {
  for (const file of [certificate, key]) mkdirSync(dirname(file), { recursive: true });
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '825',
      '-subj',
      '/CN=localhost',
      '-addext',
      'subjectAltName=DNS:localhost,IP:127.0.0.1',
      '-keyout',
      key,
      '-out',
      certificate,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
}

function makeUpdateService() {
  mkdirSync(dirname(paths.CUS_PEM), { recursive: true });
  const lines = [
    'server.modules = (',
    '  "mod_access",',
    '#  "mod_auth",',
    '#  "mod_authn_file",',
    '  "mod_accesslog"',
    ')',
    `server.document-root = "${paths.CUS_ROOT}"`,
    `server.pid-file = "${paths.DH_RUN}/client_update_service.pid"`,
    `server.errorlog = "${paths.CUS_LOG}/cus-error.log"`,
    `accesslog.filename = "${paths.CUS_LOG}/cus-access.log"`,
    'server.bind = "127.0.0.1"',
    `server.port = ${paths.CUS_PORT}`,
    '#ssl.engine = "enable"',
    `#ssl.pemfile = "${paths.CUS_PEM}"`,
    `#include "${relative(dirname(paths.CUS_CONF), paths.CUS_AUTH_CONF)}"`,
  ];
  write(paths.CUS_CONF, `${lines.join('\n')}\n`);
  write(
    paths.CUS_AUTH_CONF,
    `auth.backend = "htpasswd"\nauth.backend.htpasswd.userfile = "${paths.CUS_USERS}"\nauth.require = ( "/" => ( "method" => "basic", "realm" => "iris", "require" => "valid-user" ) )\n`,
  );
  write(
    join(paths.CUS_ROOT, 'iris/getdown.txt.pre'),
    '#appbase = http://WEBHOST/iris/\nappbase = http://WEBHOST/iris/\nui.name = Deephaven\nui.install_error = http://WEBHOST/iris/error.html\n',
  );
  copyFileSync(join(paths.CUS_ROOT, 'iris/getdown.txt.pre'), join(paths.CUS_ROOT, 'iris/getdown.txt'));
}

function makeDatabase() {
  const data = join(root, 'var/lib/mysql');
  for (const each of [data, dirname(paths.MARIADB_LOG), dirname(paths.ACL_BACKUP)])
    mkdirSync(each, { recursive: true });
  const user = isRoot ? 'user=root\n' : '';
  write(
    paths.MY_CNF,
    `[mysqld]\n${user}datadir=${data}\nsocket=${paths.MARIADB_SOCKET}\npid-file=${data}/mariadb.pid\nlog-error=${paths.MARIADB_LOG}\nskip-networking\ninnodb_buffer_pool_size=16M\ninnodb_log_file_size=8M\ninnodb_flush_method=fsync\n[client]\nsocket=${paths.MARIADB_SOCKET}\n`,
  );
  execFileSync(
    program('mariadb-install-db'),
    [
      `--defaults-file=${paths.MY_CNF}`,
      '--auth-root-authentication-method=socket',
      '--skip-test-db',
      ...(isRoot ? ['--user=root'] : []),
    ],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const tables = `create table tableacls (namespace varchar(64), tablename varchar(64), usergroup varchar(64), filter varchar(255));
create table users (name varchar(64));
insert into users values ('iris');
insert into tableacls values ('*', '*', 'iris-superusers', '*');
`;
  const account = isRoot
    ? ''
    : `create user if not exists '${userInfo().username}'@localhost identified via unix_socket; grant all on *.* to '${userInfo().username}'@localhost;`;
  execFileSync(program('mariadbd'), [`--defaults-file=${paths.MY_CNF}`, '--bootstrap'], {
    input: `create database dbacl_iris;\nuse dbacl_iris;\n${tables}${account === '' ? '' : `use mysql;\nflush privileges;\n${account}\n`}`,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  write(
    paths.ACL_BACKUP,
    `create database if not exists dbacl_iris;\nuse dbacl_iris;\ndrop table if exists tableacls, users;\n${tables}`,
  );
}

/** By the tool that the runbook uses, into an etcd that runs as long as this takes. */
async function fillEtcd() {
  const exported = join(paths.DH_ETC, 'etcd-export');
  for (const name of Object.keys(processes))
    write(join(exported, name), `${JSON.stringify({ process: name, host: '127.0.0.1' })}\n`);
  const client = `http://127.0.0.1:${paths.ETCD_PORT}`;
  const service = (verb) =>
    execFileSync(paths.SERVICE, [paths.ETCD_SERVICE, verb], { stdio: ['ignore', 'pipe', 'pipe'] });
  service('start');
  try {
    for (let tries = 0; !(await answers(`${client}/health`)); tries += 1) {
      if (tries > 300) throw new Error(`etcd did not start: ${join(paths.DH_LOG, 'etcd.out')}`);
      await new Promise((done) => setTimeout(done, 100));
    }
    execFileSync(paths.IRIS, ['configuration_tool', '--import', exported], {
      env: { ...process.env, ...paths },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  } finally {
    service('stop');
    await eventuallyDown(service);
  }
}

async function eventuallyDown(service) {
  for (let tries = 0; tries < 300; tries += 1) {
    try {
      service('status');
    } catch {
      return;
    }
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error('etcd did not end');
}

function answers(url) {
  return fetch(url, { signal: AbortSignal.timeout(1000) }).then(
    async (answer) => answer.ok && (await answer.text()).includes('true'),
    () => false,
  );
}
