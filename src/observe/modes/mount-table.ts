// /proc/self/mountinfo: what is mounted where. Read from the kernel, so it never hangs, whatever the file systems do.
// Format: proc(5). The fields before " - " are of the mount, those behind it of the file system.

/** One line of the table. */
export interface Mount {
  /** `major:minor`. */
  readonly device: string;
  readonly at: string;
  readonly type: string;
  readonly source: string;
  /** Either the mount or the file system is read-only. */
  readonly readOnly: boolean;
}

/** Of a host with ten thousand mounts the table is megabytes, hardly ever changes, and every detector of storage reads it. */
let last: { readonly text: string; readonly mounts: readonly Mount[] } = { text: '', mounts: [] };

/** All mounts in the order of the table: of two on one folder the later hides the earlier. */
export function readMounts(text: string): readonly Mount[] {
  if (text !== last.text) last = { text, mounts: mountsIn(text) };
  return last.mounts;
}

function mountsIn(text: string): readonly Mount[] {
  return text.split('\n').flatMap((line) => {
    const [left = '', right] = line.split(' - ');
    const [, , device = '', , at = '', options = ''] = left.split(' ');
    if (right === undefined || at === '') return [];
    const [type = '', source = '', superOptions = ''] = right.split(' ');
    const readOnly = options.split(',').includes('ro') || superOptions.split(',').includes('ro');
    return [{ device, at: unescape(at), type, source: unescape(source), readOnly }];
  });
}

/** The mount that a path lies on, by its text alone: nothing is touched. */
export function mountOf(mounts: readonly Mount[], path: string): Mount | null {
  let found: Mount | null = null;
  for (const mount of mounts) {
    const inside =
      path.startsWith(mount.at) &&
      (mount.at === '/' || path.length === mount.at.length || path[mount.at.length] === '/');
    if (inside && (found === null || mount.at.length >= found.at.length)) found = mount;
  }
  return found;
}

/** Spaces and the like are written as `\040`. */
export function unescape(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
