// Makes the console's pages: dist/console from src/console. Runs after every `npm ci` in a checkout (npm's `prepare`), so that `./standfast up`
// serves them at once. Without the development dependencies (`npm ci --omit=dev`) there is nothing to make them with: said, and no failure.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { demandKnown, readWords } from './words.ts';

const root = join(import.meta.dirname, '..');
const usage = 'usage: npm run console -- [--to DIR]: makes the pages of the console, in dist/console unless said';
const { values, positionals } = readWords(usage, { to: { type: 'string', default: join(root, 'dist', 'console') } });
demandKnown(positionals, [], usage);
const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
if (!existsSync(vite)) {
  console.error('The console has no pages: vite is not installed. `npm ci && npm run console` makes them.');
  process.exit(0);
}
const built = spawnSync(
  process.execPath,
  [vite, 'build', '--config', join(root, 'src/console/vite.config.ts'), '--logLevel', 'warn', '--outDir', values.to],
  { cwd: root, stdio: 'inherit' },
);
if (built.status === 0) compress(join(values.to, 'assets'));
process.exit(built.status ?? 1);

/** Beside each script and style, so that they are sent compressed without work at each request. */
function compress(folder: string): void {
  for (const name of readdirSync(folder).filter((each) => /\.(js|css|svg)$/.test(each))) {
    const text = readFileSync(join(folder, name));
    writeFileSync(join(folder, `${name}.gz`), gzipSync(text, { level: 9 }));
    writeFileSync(join(folder, `${name}.br`), brotliCompressSync(text));
  }
}
