// The line of /proc/PID/stat (proc(5)), which every room that looks at processes reads for itself.

/** What of /proc/PID/stat tells processes apart. */
export interface Stat {
  /** One letter: R, S, D, T, Z, X, … */
  readonly state: string;
  readonly ppid: number;
  readonly pgid: number;
  readonly session: number;
  /** Field 20. More than 1 in a zombie: its first thread ended, others still run and hold its files. */
  readonly threads: number;
  /** Field 22: clock ticks from boot to its start. */
  readonly startTicks: number;
}

/** The command's name may hold spaces and brackets, so the fields are counted from the last bracket. Null when it is no stat line. */
export function parseStat(text: string): Stat | null {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, ppid, pgid, session] = fields;
  const startTicks = fields[19];
  if (state === undefined || startTicks === undefined) return null;
  return {
    state,
    ppid: Number(ppid),
    pgid: Number(pgid),
    session: Number(session),
    threads: Number(fields[17]),
    startTicks: Number(startTicks),
  };
}
