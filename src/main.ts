// The command line: wiring, nothing else. Rooms are loaded when a verb needs them.

import { mkdirSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { compiledCodeFolder } from './layout.ts';
import type { DescriptionStore, StoredDescription, World } from './cli/world.ts';

/** Only speed is lost when it cannot be kept. */
function keepCompiledCode(): void {
  const folder = compiledCodeFolder(process.env);
  if (folder === null) return;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    enableCompileCache(folder);
  } catch {
    // said above
  }
}

/** The store of the system whose embedded one would be `file`. */
async function openStore(file: string, make: boolean): Promise<DescriptionStore> {
  const { openStore: openAt, readPlace } = await import('./store/place.ts');
  const { keys } = await import('./decide/records.ts');
  // The store is for its owner alone; the keeper that is started later keeps the umask of who ran `up`, for its services.
  const before = process.umask(0o077);
  const store = await openAt(readPlace(file), make).finally(() => process.umask(before));
  return {
    identity: () => store.identity(),
    async description() {
      const { entries } = await store.read(keys.description);
      const entry = entries.find((each) => each.key === keys.description);
      return entry === undefined ? null : (JSON.parse(entry.value) as StoredDescription);
    },
    async history() {
      const { readRecord } = await import('./agent/records.ts');
      const { entries } = await store.read(keys.report(''));
      return entries.flatMap((entry) => {
        const record = readRecord(entry);
        if (record?.kind !== 'report' || record.value === null) return [];
        return record.value.instances.map(({ service, bMs, iMs, switchMs }) => ({
          service,
          host: record.host,
          bMs,
          iMs,
          switchMs,
        }));
      });
    },
    async describe(description) {
      const { carryTerms } = await import('./agent/carry-terms.ts');
      await carryTerms(file, store);
      const put = { key: keys.description, value: JSON.stringify(description) };
      const answer = await store.txn([{ key: keys.description, revision: 0 }], [put], ms(5_000));
      if (answer.kind === 'unknown') throw new Error(answer.why);
      return answer.kind === 'applied';
    },
    close: () => store.close(),
  };
}

keepCompiledCode();
const { run } = await import('./cli/run.ts');
const { ms } = await import('./model/units.ts');

const world: World = {
  env: process.env,
  uid: process.getuid?.() ?? -1,
  openStore,
  async etcdHealth(file) {
    const { readPlace } = await import('./store/place.ts');
    const place = readPlace(file);
    if (place.kind !== 'etcd') return null;
    const { diagnoseEtcd } = await import('./store/etcd/diagnose.ts');
    const { members, listed, alarms, ...rest } = await diagnoseEtcd(place.access);
    const hex = (id: bigint): string => id.toString(16);
    return {
      managed: place.managed !== null,
      members: members.map(({ memberId, clusterId, leader, ...member }) => ({
        ...member,
        id: hex(memberId),
        cluster: hex(clusterId),
        leader: hex(leader),
      })),
      listed: listed?.map(({ id, name, clientUrls }) => ({ id: hex(id), name, clientUrls })) ?? null,
      alarms: alarms?.map(({ memberId, kind }) => ({ id: hex(memberId), kind })) ?? null,
      ...rest,
    };
  },
  async storePlace(file, system) {
    const { movePlace, placeOf, placeWords, readPlace } = await import('./store/place.ts');
    const wanted = placeOf(system, file);
    return {
      inUse: placeWords(readPlace(file)),
      wanted: placeWords(wanted),
      managed: wanted.kind === 'etcd' ? (wanted.managed?.members.map((member) => member.host) ?? null) : null,
      use: () => {
        movePlace(wanted, file);
      },
    };
  },
  async keepReading(file, given, system) {
    const { keepReading } = await import('./agent/kept-reading.ts');
    keepReading(file, given, system);
  },
  async hashPassword(password) {
    const { hashed } = await import('./serve/web/passwords.ts');
    return hashed(password);
  },
  async version() {
    const { default: manifest } = await import('../package.json', { with: { type: 'json' } });
    return manifest.version;
  },
  async vocabulary() {
    const { vocabulary } = await import('./web/vocabulary.ts');
    return vocabulary;
  },
  async ownerOfPort(port) {
    const { ownerOfPort } = await import('./observe/who-listens.ts');
    return ownerOfPort(port);
  },
  async cgroupVersion() {
    const { findCgroupBase, removeCgroupBase } = await import('./keeper/cgroup.ts');
    const base = await findCgroupBase('auto', `doctor-${process.pid}`);
    if (base !== null) await removeCgroupBase(base);
    return base?.version ?? null;
  },
  async startKeeper({ state, system, host }) {
    const { startKeeper } = await import('./keeper/start-keeper.ts');
    const { agentCommand } = await import('./agent/command.ts');
    const { systemLayout } = await import('./layout.ts');
    const answer = await startKeeper(systemLayout(state, system).host(host), {
      state,
      system,
      host,
      cgroup: 'auto',
      agentCommand: agentCommand({ state, system, host }),
      agent: null,
    });
    if (answer.kind !== 'done') throw new Error(answer.why);
  },
};

const status = await run(process.argv.slice(2), world);
// Not before a slow reader has all of it.
// A file tells of a full disk only after that.
process.stdout.write('', () => setImmediate(() => process.exit(status)));
