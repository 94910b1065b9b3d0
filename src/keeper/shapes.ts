// Says of what came over the socket whether it has a type's shape, so that nothing is believed by a cast.

import type { MonoMs, Ms, WallMs } from '../model/units.ts';

/** True only for what is wholly a `T`. */
export type Shape<T> = (value: unknown) => value is T;

/** Any text, also empty. */
export const text: Shape<string> = (value): value is string => typeof value === 'string';

/** True or false. */
export const flag: Shape<boolean> = (value): value is boolean => typeof value === 'boolean';

/** Null. */
export const nothing: Shape<null> = (value): value is null => value === null;

/** Finite. */
export const number: Shape<number> = (value): value is number => typeof value === 'number' && Number.isFinite(value);

/** On the monotonic clock, ms. */
export const moment: Shape<MonoMs> = (value): value is MonoMs => number(value);

/** Unix ms. */
export const wallMoment: Shape<WallMs> = (value): value is WallMs => number(value);

/** A duration in ms, not negative. */
export const span: Shape<Ms> = (value): value is Ms => number(value) && value >= 0;

/** The shape, or null. */
export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return (value): value is T | null => value === null || shape(value);
}

/** For what an older side leaves out. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return (value): value is T | undefined => value === undefined || shape(value);
}

/** One of these words. */
export function oneOf<T extends string>(...words: readonly T[]): Shape<T> {
  return (value): value is T => words.some((word) => word === value);
}

/** Of one shape or the other. */
export function either<A, B>(a: Shape<A>, b: Shape<B>): Shape<A | B> {
  return (value): value is A | B => a(value) || b(value);
}

/** A list, each of its values of the shape. */
export function list<T>(shape: Shape<T>): Shape<readonly T[]> {
  return (value): value is readonly T[] => Array.isArray(value) && value.every(shape);
}

/** Any names, all values of one shape. */
export function dictionary<T>(shape: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return (value): value is Readonly<Record<string, T>> => isObject(value) && Object.values(value).every(shape);
}

/** Every field of `fields`; others are let be, so that a newer side may say more. */
export function object<T>(fields: { readonly [K in keyof T]: Shape<T[K]> }): Shape<T> {
  const shapes: [string, Shape<unknown>][] = Object.entries(fields);
  return (value): value is T => isObject(value) && shapes.every(([name, shape]) => shape(Reflect.get(value, name)));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
