// The files that are made from the model: the JSON Schema, the reference of the description, the table of errors.
import { errorRows } from '../src/model/errors.ts';
import { failureModesPage } from './failure-modes.ts';
import type { JsonValue } from '../src/model/json.ts';
import { descriptionSchema, type JsonSchema } from '../src/model/schema.ts';

export interface GeneratedFile {
  /** From the root of the repository. */
  readonly file: string;
  readonly text: string;
}

/** All of them, with what they should hold now. */
export function generatedFiles(): GeneratedFile[] {
  return [
    { file: 'schema/standfast.schema.json', text: `${JSON.stringify(descriptionSchema(), null, 2)}\n` },
    { file: 'docs/description.md', text: descriptionReference() },
    { file: 'docs/errors.md', text: errorTable() },
    { file: 'docs/failure-modes.md', text: failureModesPage() },
  ];
}

const errorHead = `# Errors

Every error has a code that never changes its meaning: \`SF-0nn\` wrong use, \`SF-1nn\` the description, \`SF-2nn\` runbooks, \`SF-3nn\` starting and this
machine, \`SF-4nn\` what was asked is refused, \`SF-5nn\` store and journal, \`SF-6nn\` the keeper, \`SF-7nn\` the agent's socket, \`SF-8nn\` the console,
\`SF-9nn\` a fault of Standfast itself. The message on the screen is more exact than this table: it names the place, the value and the nearest known
name. Made from \`src/model/errors.ts\` by \`node scripts/generate-schema.ts\`.

| code | what | why | what to do next |
| --- | --- | --- | --- |
`;

function errorTable(): string {
  const rows = errorRows().map(({ code, what, why, next }) => `| ${[code, what, why, next].map(cell).join(' | ')} |\n`);
  return errorHead + rows.join('');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

const referenceHead = `# The description, key by key

One file, \`standfast.yaml\`, or a folder that holds it. YAML 1.2, in UTF-8, at most 1 MiB. An unknown key is an error, and all
errors are shown at once with line and column: \`standfast check PATH\`. \`standfast schema\` prints the JSON Schema that this page is made
from; with this first line an editor uses it:

\`\`\`yaml
# yaml-language-server: $schema=../../schema/standfast.schema.json
\`\`\`

- **duration**: one number and one unit, \`250ms\`, \`5s\`, \`2m\`, \`1h\`, \`7d\`. **size**: \`512MiB\`, \`2GiB\`, also \`B\`, \`KiB\`, \`TiB\`, \`kB\`, \`MB\`, \`GB\`, \`TB\`.
- **name**: letters, digits, dots, underscores and hyphens, at most 63, a letter or digit first, at least one letter. Services, hosts and domains share
  one name space.
- **command**: text split into words as a shell would, read by no shell; a list of words; or \`{ shell: "a line for /bin/sh" }\`.
- **\${NAME}** in commands, URLs, addresses, files and \`dir\` is filled in from \`env\` (the placement's over the service's over \`envFile\`) and from
  \`STANDFAST_SYSTEM\`, \`STANDFAST_SERVICE\` and \`STANDFAST_HOST\`. \`$\${\` stands for \`\${\` itself. In single quotes of a command, and in shell lines, it is left
  alone.
- Of keys marked *one of*, exactly one is given.

Made by \`node scripts/generate-schema.ts\`.
`;

function descriptionReference(): string {
  described.clear();
  const sections: string[] = [];
  section('standfast.yaml', descriptionSchema(), [], sections);
  return `${referenceHead}\n${sections.join('\n')}`;
}

/** The parts that recur are described where they come first. */
const described = new Set<JsonSchema>();

function section(title: string, schema: JsonSchema, path: readonly string[], sections: string[]): void {
  const properties = mapping(schema['properties']);
  const names = Object.keys(properties);
  if (names.length === 0) return;
  const required = list(schema['required']);
  const oneOf =
    schema['minProperties'] === 1
      ? '\n*One of* these keys, beside those that say how long, how often or how grave.\n'
      : '';
  const rows = names.map((name) => {
    const of = mapping(properties[name]);
    const must = required.includes(name) ? ' **required.**' : '';
    const shown = of['examples'] === undefined ? '' : `\`${flow(list(of['examples'])[0] ?? null)}\``;
    const fallback = of['default'] === undefined ? '' : `\`${flow(of['default'])}\``;
    return `| \`${name}\` | ${cell(textOf(of['description']))}${must} | ${cell(typeOf(of))} | ${fallback} | ${cell(shown)} |`;
  });
  const head = '| key | what | type | default | example |\n| --- | --- | --- | --- | --- |';
  sections.push(`## ${title}\n${oneOf}\n${head}\n${rows.join('\n')}\n`);
  for (const name of names)
    for (const [below, inner] of objectsIn(mapping(properties[name]), [...path, name]))
      section(below.join('.'), inner, below, sections);
}

/** The mappings that can stand in a value, with their paths. */
function objectsIn(schema: JsonSchema, path: readonly string[]): [string[], JsonSchema][] {
  const followed = follow(schema);
  if (followed !== schema && described.has(followed)) return [];
  if (followed !== schema) described.add(followed);
  if (followed['title'] === 'command') return [];
  const any = followed['anyOf'];
  if (Array.isArray(any)) return any.flatMap((each: JsonValue) => objectsIn(mapping(each), path));
  if (followed['properties'] !== undefined) return [[[...path], followed]];
  if (followed['items'] !== undefined) return objectsIn(mapping(followed['items']), path);
  if (followed['additionalProperties'] !== undefined)
    return objectsIn(mapping(followed['additionalProperties']), [...path, 'NAME']);
  return [];
}

function typeOf(schema: JsonSchema): string {
  const followed = follow(schema);
  if (followed['title'] === 'command') return 'command';
  if (followed['enum'] !== undefined && followed['title'] === 'one of')
    return list(followed['enum'])
      .map((word) => `\`${textOf(word)}\``)
      .join(', ');
  const any = followed['anyOf'];
  const title = textOf(followed['title']);
  if (Array.isArray(any) && !['name, or list of names', 'need', 'hosts'].includes(title))
    return [...new Set(any.map((each: JsonValue) => typeOf(mapping(each))))].join(', or ');
  if (followed['items'] !== undefined) return `list of ${typeOf(mapping(followed['items']))}`;
  const range = [followed['minimum'], followed['maximum']].every((bound) => typeof bound === 'number')
    ? ` ${textOf(followed['minimum'])} to ${textOf(followed['maximum'])}`
    : '';
  return title === '' ? 'mapping' : `${title}${range}`;
}

function follow(schema: JsonSchema): JsonSchema {
  const reference = schema['$ref'] ?? mapping(list(schema['allOf'])[0] ?? null)['$ref'];
  if (typeof reference !== 'string') return schema;
  return mapping(mapping(descriptionSchema()['$defs'])[reference.split('/').at(-1) ?? '']);
}

/** A value as one would write it in flow style. */
function flow(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map((each: JsonValue) => flow(each)).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{ ${Object.entries(mapping(value))
      .map(([key, each]) => `${key}: ${flow(each)}`)
      .join(', ')} }`;
  if (typeof value === 'string' && (/[:#{}[\],&*!|>'"%@`$]/.test(value) || /^[\d.+-]+$/.test(value)))
    return JSON.stringify(value);
  return textOf(value);
}

function mapping(value: JsonValue | undefined): JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonSchema) : {};
}

function list(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]) : [];
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);
}
