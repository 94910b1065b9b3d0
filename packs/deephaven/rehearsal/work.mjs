// What each stand-in does for a living. `look` is asked again and again and answers what is wrong, in words, or null; it uses the properties that
// the process read when it started, as the Java processes do: a mended file counts from the next start.

import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Intraday tables begin so. */
const tableMark = 'DHTABLE1';
const etcdPrefix = '/deephaven/config/';

/** Log folder and log name as in the real installation; the start-up message that the runbooks look for. `logs`: unless this
 * property is false, it writes to the log aggregator. */
export const processes = {
  configuration_server: {
    log: 'configuration_server/ConfigurationServer',
    started: 'Configuration Server started',
    look: hasConfiguration,
  },
  authentication_server: {
    log: 'authentication_server/AuthenticationServer',
    started: 'Authentication Server started',
    look: asksDatabase,
    logs: 'AuthenticationServer.writeDatabaseAuditLogs',
  },
  db_acl_write_server: {
    log: 'acl_write_server/DbAclWriteServer',
    started: 'ACL Write Server started',
    look: asksDatabase,
    logs: 'DbAclWriteServer.writeDatabaseAuditLogs',
  },
  log_aggregator_service: {
    log: 'las/LogAggregatorService',
    started: 'Log Aggregator Service started',
    look: (p) => canWrite(p, 'LogAggregatorService.logDir'),
  },
  iris_controller: {
    log: 'iris_controller/PersistentQueryController',
    started: 'Persistent Query Controller started',
    look: hasQueries,
    logs: 'PersistentQueryController.writeDatabaseAuditLogs',
  },
  tailer1: { log: 'tailer/LogtailerMain1', started: 'Log tailer started', look: (p) => reaches(p, 'LogTailer.dis') },
  db_rta: { log: 'dis/db_rta', started: 'Data Import Server db_rta started', look: readsIntraday },
  db_dis: { log: 'dis/DataImportServer', started: 'Data Import Server started', look: readsIntraday },
  db_merge_server: {
    log: 'merge_server/db_merge_server',
    started: 'Merge Server started',
    look: (p) => reaches(p, 'RemoteQueryDispatcher.authentication'),
    logs: 'RemoteQueryDispatcher.writeDatabaseProcessLogs',
  },
  db_query_server: {
    log: 'query_server/RemoteQueryDispatcher',
    started: 'Remote Query Dispatcher started',
    look: dispatches,
    logs: 'RemoteQueryDispatcher.writeDatabaseProcessLogs',
  },
  db_ltds: { log: 'ltds/LocalTableDataServer', started: 'Local Table Data Server started', look: readsIntraday },
  web_api_service: { log: 'misc/WebServer', started: 'Web API Server started', look: hasWebSockets },
};

/** Of the configuration server: what etcd holds for one process. */
export async function configurationOf(properties, name) {
  const key = `${properties.get('etcd.prefix') ?? etcdPrefix}${name}`;
  const answer = await fetch(`${properties.get('etcd.url')}/v3/kv/range`, {
    method: 'POST',
    body: JSON.stringify({ key: Buffer.from(key).toString('base64') }),
    signal: AbortSignal.timeout(2000),
  });
  const value = (await answer.json()).kvs?.[0]?.value;
  return value === undefined ? null : Buffer.from(value, 'base64').toString();
}

async function hasConfiguration(properties) {
  const empty = [];
  for (const name of Object.keys(processes)) if ((await configurationOf(properties, name)) === null) empty.push(name);
  return empty.length === 0 ? null : `etcd holds no configuration for ${empty.join(', ')}`;
}

async function asksDatabase(properties) {
  const { stdout } = await run(
    process.env.MARIADB,
    [
      `--defaults-file=${process.env.MY_CNF}`,
      '-N',
      '-D',
      properties.get('MysqlDbAclProvider.database') ?? '',
      '-e',
      'select count(*) from tableacls',
    ],
    { timeout: 4000 },
  );
  return Number(stdout) > 0 ? null : 'the table tableacls is empty: nobody may read anything';
}

async function canWrite(properties, name) {
  await access(properties.get(name) ?? '', constants.W_OK);
  return (await stat(properties.get(name))).isDirectory() ? null : `${name} is no folder`;
}

async function hasQueries(properties) {
  const folder = properties.get('PersistentQueryController.cache') ?? '';
  const queries = (await readdir(folder)).filter((file) => file.endsWith('.query'));
  return queries.length > 0 ? null : `the controller cache ${folder} holds no query`;
}

async function reaches(properties, name) {
  const url = `http://${properties.get(`${name}.host`)}:${properties.get(`${name}.port`)}/alive`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(2000) });
  // Its own trouble is its own: what counts here is that it is there.
  return answer.status === 200 ? null : `${url} answers ${answer.status}`;
}

async function dispatches(properties) {
  if (!properties.get('RemoteQueryDispatcherParameters.host'))
    return 'RemoteQueryDispatcherParameters.host is not set: workers cannot be reached';
  return await reaches(properties, 'RemoteQueryDispatcher.authentication');
}

function hasWebSockets(properties) {
  const on = properties.get('RemoteQueryDispatcher.websocket.enabled') === 'true';
  return Promise.resolve(
    on ? null : 'RemoteQueryDispatcher.websocket.enabled is not true: Web clients cannot reach query workers',
  );
}

/** Tables lie in NAMESPACE/TABLE/PARTITION/DATE/table.size. */
async function readsIntraday(properties) {
  const folder = properties.get('DataImportServer.intradayDir') ?? '';
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('table.size'));
  for (const file of files.toSorted())
    if (!(await readFile(join(folder, file), 'utf8')).startsWith(tableMark))
      return `corrupt intraday data: ${join(folder, file)}`;
  return files.length > 0 ? null : `no table in ${folder}`;
}
