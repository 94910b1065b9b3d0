// Where a continuous-time Markov chain spends its time in the long run.

/** A move from one state to another, at so many per millisecond. */
export interface Move {
  /** States are numbered from 0. */
  readonly from: number;
  readonly to: number;
  readonly rate: number;
}

/**
 * The share of time in each state, of a chain in which every state can be reached from every other. By the elimination of Grassmann,
 * Taksar and Heyman (1985), which never subtracts: tiny shares come out as exactly as large ones. Dense: meant for tens of states.
 */
export function shareOfTime(states: number, moves: readonly Move[]): number[] {
  const rate = Array.from({ length: states }, () => new Float64Array(states));
  for (const { from, to, rate: more } of moves) {
    const row = rate[from];
    if (row !== undefined && from !== to) row[to] = (row[to] ?? 0) + more;
  }
  const at = (from: number, to: number): number => rate[from]?.[to] ?? 0;
  for (let last = states - 1; last > 0; last -= 1) {
    let out = 0;
    for (let to = 0; to < last; to += 1) out += at(last, to);
    for (let from = 0; from < last; from += 1) {
      const row = rate[from];
      if (row === undefined) continue;
      row[last] = out === 0 ? 0 : at(from, last) / out;
      for (let to = 0; to < last; to += 1) if (to !== from) row[to] = (row[to] ?? 0) + at(from, last) * at(last, to);
    }
  }
  const share = [1];
  for (let state = 1; state < states; state += 1) {
    let sum = 0;
    for (let from = 0; from < state; from += 1) sum += (share[from] ?? 0) * at(from, state);
    share.push(sum);
  }
  const total = share.reduce((sum, each) => sum + each, 0);
  return share.map((each) => each / total);
}
