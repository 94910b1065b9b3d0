// File systems on which several machines, or a helper process, stand between SQLite and the disk. SQLite's WAL needs shared memory and
// locks that hold between all its users, and neither is promised there (sqlite.org/wal.html, "All processes must be on the same host").

/** By `f_type` of statfs(2); the numbers are those of linux/magic.h and of the file systems themselves. */
const names: ReadonlyMap<number, string> = new Map([
  [0x6969, 'nfs'],
  [0xff534d42, 'cifs'],
  [0xfe534d42, 'smb'],
  [0x517b, 'smb'],
  [0x65735546, 'fuse'],
  [0x01021997, '9p'],
  [0x5346414f, 'afs'],
  [0x6b414653, 'afs'],
  [0x73757245, 'coda'],
  [0x564c, 'ncp'],
  [0x00c36400, 'ceph'],
  [0x01161970, 'gfs2'],
  [0x7461636f, 'ocfs2'],
  [0x0bd00bd0, 'lustre'],
  [0x47504653, 'gpfs'],
  [0x20030528, 'orangefs'],
  [0x786f4256, 'vboxsf'],
  [0xaad7aaea, 'panfs'],
  [0x19830326, 'fhgfs'],
]);

/** The name of the network file system with this `f_type`, or null for one that is local as far as is known. */
export function networkFileSystem(type: number): string | null {
  // Some kernels hand the type over with its sign extended.
  return names.get(type >>> 0) ?? null;
}
