// CLOCK_MONOTONIC, the same for all processes of this machine, so that moments may be compared between them.

/** Now, in milliseconds. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
