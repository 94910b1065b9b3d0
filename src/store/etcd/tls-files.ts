// Where the certificates of a managed etcd lie on a machine: one folder for all of a system's hosts there, each file for its owner alone.

import { join } from 'node:path';

/** Absolute paths of PEM files. */
export interface EtcdTlsFiles {
  readonly folder: string;
  /** Key and certificate that sign the others: whoever has them belongs to the system. */
  readonly authority: string;
  /** Its certificate alone. */
  readonly ca: string;
  /** Key and certificate of whoever asks from here. */
  readonly client: string;
  /** Key and certificate of the members here, for clients and for each other. */
  readonly member: string;
}

/** `folder`: absolute. */
export function etcdTlsFiles(folder: string): EtcdTlsFiles {
  const at = (name: string): string => join(folder, name);
  return {
    folder,
    authority: at('authority.pem'),
    ca: at('ca.pem'),
    client: at('client.pem'),
    member: at('member.pem'),
  };
}
