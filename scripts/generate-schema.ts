// Writes what is made from the schema of a description: schema/standfast.schema.json, docs/description.md and docs/errors.md.
// Tests in test/model/ see to it that all three are current. Run with `node scripts/generate-schema.ts`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generatedFiles } from './generated-files.ts';

const root = join(import.meta.dirname, '..');
for (const { file, text } of generatedFiles()) {
  const path = join(root, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  console.log(file);
}
