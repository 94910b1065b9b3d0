// The JSON Schema of a description, made from the one schema that also reads it: for editors, `standfast schema` and the reference.

import { z } from 'zod';
import type { JsonValue } from './json.ts';
import { defaultKey, examplesKey } from './shape-parts.ts';
import { descriptionShape } from './shape.ts';

/** A JSON Schema, draft 2020-12. */
export type JsonSchema = { readonly [key: string]: JsonValue };

let made: JsonSchema | undefined;

/** The JSON Schema (draft 2020-12) of `standfast.yaml`. */
export function descriptionSchema(): JsonSchema {
  if (made !== undefined) return made;
  const generated = z.toJSONSchema(descriptionShape, { io: 'input', target: 'draft-2020-12' });
  const renamed = JSON.stringify(generated)
    .replaceAll(`"${examplesKey}":`, '"examples":')
    .replaceAll(`"${defaultKey}":`, '"default":');
  made = JSON.parse(renamed) as JsonSchema;
  return made;
}

/** The keys that can stand in the mapping at a path of a description; where there are alternatives, those of all. */
export function keysAt(path: readonly (string | number)[]): string[] {
  let here: JsonSchema[] = alternatives(descriptionSchema());
  for (const part of path) here = here.flatMap((schema) => below(schema, part)).flatMap(alternatives);
  return [...new Set(here.flatMap((schema) => Object.keys(objectOf(schema['properties']) ?? {})))];
}

/** Where a key of this name stands in a description, as people write paths (`services.NAME.detect`); null when nowhere. */
export function homeOf(key: string): string | null {
  const search = (schema: JsonSchema, path: readonly string[]): string | null => {
    if (path.length > 6) return null;
    for (const each of alternatives(schema)) {
      const properties = objectOf(each['properties']) ?? {};
      if (Object.hasOwn(properties, key)) return path.length === 0 ? 'the top' : path.join('.');
      const inside: [string, JsonSchema | null][] = Object.entries(properties).map(([name, value]) => [
        name,
        objectOf(value),
      ]);
      if (inside.length === 0) inside.push(['NAME', objectOf(each['additionalProperties'])]);
      for (const [name, value] of inside) {
        const found = value === null ? null : search(value, [...path, name]);
        if (found !== null) return found;
      }
    }
    return null;
  };
  return search(descriptionSchema(), []);
}

/** What a schema stands for: references followed, alternatives and list items laid out. */
function alternatives(schema: JsonSchema): JsonSchema[] {
  const reference = schema['$ref'];
  if (typeof reference === 'string') {
    const named = objectOf(objectOf(descriptionSchema()['$defs'])?.[reference.split('/').at(-1) ?? '']);
    return named === null ? [] : alternatives(named);
  }
  const any = schema['anyOf'];
  return Array.isArray(any) ? any.flatMap((each: JsonValue) => alternatives(objectOf(each) ?? {})) : [schema];
}

function below(schema: JsonSchema, part: string | number): JsonSchema[] {
  const found =
    typeof part === 'number'
      ? schema['items']
      : (objectOf(schema['properties'])?.[part] ?? schema['additionalProperties']);
  const object = objectOf(found);
  return object === null ? [] : [object];
}

function objectOf(value: JsonValue | undefined): JsonSchema | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonSchema) : null;
}
