// How the conformance suite and its child processes open the store in an etcd: `where` is its members' URLs, with commas.
import { openEtcd } from '../../src/store/etcd/etcd.ts';
import type { Opener } from './store.cases.ts';

export const open: Opener = (where, prefix) =>
  openEtcd({ access: accessTo(where.split(',')), system: prefix, make: true });

export function accessTo(endpoints: readonly string[]): Parameters<typeof openEtcd>[0]['access'] {
  return { endpoints, ca: null, cert: null, key: null, user: null, passwordFile: null };
}
