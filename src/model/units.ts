// Units as types, so that a wall clock is never subtracted from a monotonic one.

/** A duration in milliseconds. */
export type Ms = number & { readonly unit: 'Ms' };

/** A moment on this machine's CLOCK_MONOTONIC, in milliseconds. Shared by all processes of one boot, meaningless elsewhere. */
export type MonoMs = number & { readonly unit: 'MonoMs' };

/** A moment for people: Unix milliseconds. Never used to decide who may be active. */
export type WallMs = number & { readonly unit: 'WallMs' };

/** A size in bytes. */
export type Bytes = number & { readonly unit: 'Bytes' };

/** Both clocks at one moment, handed into the core with every input. */
export interface Now {
  readonly mono: MonoMs;
  readonly wall: WallMs;
}

/** Brands a number of milliseconds as a duration. */
export function ms(value: number): Ms {
  return value as Ms;
}

/** Brands a number as a moment of the monotonic clock. */
export function monoMs(value: number): MonoMs {
  return value as MonoMs;
}

/** Brands a number as Unix milliseconds. */
export function wallMs(value: number): WallMs {
  return value as WallMs;
}

/** Brands a number as bytes. */
export function bytes(value: number): Bytes {
  return value as Bytes;
}

/** The moment `by` after `at`. */
export function after(at: MonoMs, by: number): MonoMs {
  return (at + by) as MonoMs;
}

/** How long from `from` to `to`; negative when `to` is earlier. */
export function between(from: MonoMs, to: MonoMs): Ms {
  return (to - from) as Ms;
}
