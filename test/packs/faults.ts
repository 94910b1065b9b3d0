// Faults of a Deephaven installation, each made as it happens in life: a file changed, data spoiled, a table dropped. No program is told that it is a test.

import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type Paths = Readonly<Record<string, string>>;

export interface Fault {
  readonly service: string;
  readonly what: string;
  /** Which of the `sh do` blocks of the service's own page this fault needs, from 0. */
  readonly needs: readonly number[];
  /** As the process runbooks grade it. */
  readonly severity: 1 | 2 | 3;
  /** The process has to read it: it is killed afterwards, and comes back with the fault. */
  readonly kill: boolean;
  readonly make: (paths: Paths) => void;
}

/** The process ids are where monit and init scripts look for them too. */
export function pidOf(paths: Paths, service: string): number {
  return Number(readFileSync(join(paths['DH_RUN'] ?? '', `${service}.pid`), 'utf8'));
}

/** In the order in which they can be mended: who is needed first. No restart cures any of them: `npm run rehearsal` tries. */
export const faults: readonly Fault[] = [
  {
    service: 'mariadb',
    what: 'somebody made it read only',
    needs: [0, 1],
    severity: 3,
    kill: true,
    make: (paths) => replace(paths['MY_CNF'], 'skip-networking', 'skip-networking\nread_only=1'),
  },
  {
    service: 'mariadb',
    what: 'the table of permissions is gone',
    needs: [2],
    severity: 3,
    kill: false,
    make: (paths) =>
      execFileSync(paths['MARIADB'] ?? '', [
        `--defaults-file=${paths['MY_CNF']}`,
        '-D',
        'dbacl_iris',
        '-e',
        'drop table tableacls',
      ]),
  },
  property('configuration_server', 'etcd.prefix', '/elsewhere/', [0, 2]),
  {
    service: 'configuration_server',
    what: 'etcd is empty',
    needs: [1],
    severity: 3,
    kill: false,
    make: (paths) => {
      const range = JSON.stringify({ key: 'AA==', range_end: 'AA==' });
      execFileSync('curl', ['-sf', '-d', range, `http://127.0.0.1:${paths['ETCD_PORT']}/v3/kv/deleterange`]);
    },
  },
  property('log_aggregator_service', 'LogAggregatorService.logDir', '/nowhere', [0, 1]),
  property('authentication_server', 'MysqlDbAclProvider.database', 'dbacl_wrong', [0, 1]),
  property('db_dis', 'DataImportServer.intradayDir', '/nowhere', [0, 1]),
  property('db_rta', 'DataImportServer.intradayDir', '/nowhere', [0, 1]),
  property('db_ltds', 'DataImportServer.intradayDir', '/nowhere', [0, 1]),
  {
    service: 'db_ltds',
    what: 'its property file was removed',
    needs: [0],
    severity: 2,
    kill: false,
    make: (paths) => rmSync(propertyFile(paths, 'db_ltds')),
  },
  property('db_acl_write_server', 'MysqlDbAclProvider.database', 'dbacl_wrong', [0, 1]),
  property('iris_controller', 'PersistentQueryController.cache', '/nowhere', [0, 1]),
  {
    service: 'iris_controller',
    what: 'its cache is empty',
    needs: [2],
    severity: 3,
    kill: false,
    make: (paths) => {
      const cache = join(paths['DH_ADMIN_HOME'] ?? '', 'controller/queries');
      for (const file of readdirSync(cache)) rmSync(join(cache, file));
    },
  },
  property('tailer1', 'LogTailer.dis.port', '1', [0, 1]),
  property('db_merge_server', 'RemoteQueryDispatcher.authentication.port', '1', [0, 1]),
  property('db_query_server', 'RemoteQueryDispatcher.authentication.port', '1', [0, 1]),
  property('web_api_service', 'RemoteQueryDispatcher.websocket.enabled', 'false', [0, 2]),
  {
    service: 'web_api_service',
    what: 'everybody may read its keystore',
    needs: [1],
    severity: 2,
    kill: false,
    make: (paths) => chmodSync(paths['KEYSTORE'] ?? '', 0o644),
  },
  {
    service: 'client_update_service',
    what: 'it hands out another folder',
    needs: [0, 2],
    severity: 3,
    kill: true,
    make: (paths) => replace(paths['CUS_CONF'], `"${paths['CUS_ROOT']}"`, '"/var/empty"'),
  },
  {
    service: 'client_update_service',
    what: 'its getdown.txt is gone',
    needs: [1],
    severity: 3,
    kill: false,
    make: (paths) => rmSync(join(paths['CUS_ROOT'] ?? '', 'iris/getdown.txt')),
  },
];

/** Wrong for the process, and read by it at its next start. */
function property(service: string, name: string, value: string, needs: readonly number[]): Fault {
  return {
    service,
    what: `${name} is ${value}`,
    needs,
    severity: 3,
    kill: true,
    make: (paths) => appendFileSync(propertyFile(paths, service), `${name}=${value}\n`),
  };
}

/** The property file that belongs to one process. */
export function propertyFile(paths: Paths, service: string): string {
  const name = service === 'db_query_server' ? 'iris-query-server' : service;
  return join(paths['DH_ETC'] ?? '', 'resources', `${name}.prop`);
}

function replace(file: string | undefined, from: string, to: string): void {
  const text = readFileSync(file ?? '', 'utf8');
  if (!text.includes(from)) throw new Error(`${file} does not hold ${from}`);
  writeFileSync(file ?? '', text.replace(from, to));
}
