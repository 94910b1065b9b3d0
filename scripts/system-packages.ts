// Debian packages that some tests need, and how to see that each is there.
// Probes are absolute globs, since /usr/sbin is not in everybody's PATH; one match is enough.
import { globSync } from 'node:fs';

export interface SystemPackage {
  readonly package: string;
  readonly probes: readonly string[];
  readonly why: string;
}

const systemPackages: readonly SystemPackage[] = [
  {
    package: 'mariadb-server',
    probes: ['/usr/sbin/mariadbd', '/usr/local/sbin/mariadbd'],
    why: 'a real MariaDB to detect, check and fail over',
  },
  {
    package: 'postgresql',
    probes: ['/usr/lib/postgresql/*/bin/postgres'],
    why: 'a real PostgreSQL to detect, promote and fail over',
  },
];

export function missingPackages(): SystemPackage[] {
  return systemPackages.filter((row) => row.probes.every((probe) => globSync(probe).length === 0));
}
