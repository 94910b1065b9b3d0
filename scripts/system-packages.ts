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
  { package: 'etcd-server', probes: ['/usr/bin/etcd', '/usr/local/bin/etcd'], why: 'real etcd members as the store' },
  {
    package: 'etcd-client',
    probes: ['/usr/bin/etcdctl', '/usr/local/bin/etcdctl'],
    why: 'to look into etcd from outside',
  },
  { package: 'chromium', probes: ['/usr/bin/chromium'], why: 'a real browser for the console' },
  { package: 'monit', probes: ['/usr/bin/monit'], why: 'a real monit as a process manager' },
  { package: 'supervisor', probes: ['/usr/bin/supervisord'], why: 'a real supervisord as a process manager' },
  { package: 'lighttpd', probes: ['/usr/sbin/lighttpd'], why: 'a real lighttpd for the update service' },
  {
    package: 'lighttpd-mod-openssl',
    probes: ['/usr/lib/lighttpd/mod_openssl.so', '/usr/lib/*/lighttpd/mod_openssl.so'],
    why: 'the update service over HTTPS',
  },
  {
    package: 'iproute2',
    probes: ['/usr/sbin/ip', '/sbin/ip'],
    why: 'addresses on devices, and machines out of namespaces',
  },
  { package: 'nftables', probes: ['/usr/sbin/nft'], why: 'addresses that end by themselves, and lost packets' },
  { package: 'iputils-arping', probes: ['/usr/bin/arping'], why: 'to tell neighbours where an address went' },
  { package: 'fuse3', probes: ['/usr/bin/fusermount3'], why: 'file systems that hang and err' },
  { package: 'libfaketime', probes: ['/usr/lib/*/faketime/libfaketime.so.1'], why: 'wall clocks moved by years' },
  { package: 'prometheus', probes: ['/usr/bin/promtool'], why: 'promtool, to check the alert rules' },
];

export function missingPackages(): SystemPackage[] {
  return systemPackages.filter((row) => row.probes.every((probe) => globSync(probe).length === 0));
}
