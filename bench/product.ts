// Standfast as a user has it: a description in a folder, the command line, its JSON. Nothing of the product is imported but types.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endMarked } from '../scripts/marked.ts';
import type { FailoverView, StatusView } from '../src/api.ts';

const repository = join(import.meta.dirname, '..');
export const launcher = join(repository, 'standfast');

export class Product {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;

  /** A system of this description, in a state folder of its own on the checkout's disk. */
  constructor(description: string) {
    const tmp = join(repository, 'bench/tmp');
    mkdirSync(tmp, { recursive: true });
    this.folder = mkdtempSync(join(tmp, 'run-'));
    this.env = { ...process.env, STANDFAST_STATE: join(this.folder, 'state') };
    writeFileSync(join(this.folder, 'standfast.yaml'), description);
  }

  /** Starts all that is missing, until every instance is in its planned phase. */
  async up(): Promise<void> {
    const { code, output } = await this.run(['up', this.folder, '--detach', '--timeout', '120s']);
    if (code !== 0) throw new Error(`up ended with ${code}:\n${output}`);
  }

  async status(): Promise<StatusView> {
    return JSON.parse((await this.run(['status', '--json'])).output) as StatusView;
  }

  async failovers(): Promise<FailoverView[]> {
    return JSON.parse((await this.run(['failovers', '--json'])).output) as FailoverView[];
  }

  /** Runs a verb to its end. Standard error is shown when something went wrong, and is else not part of the output. */
  async run(args: readonly string[]): Promise<{ code: number | null; output: string }> {
    const child = spawn(launcher, args, { env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => (output += part));
    child.stderr.setEncoding('utf8').on('data', (part: string) => (errors += part));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, output: code === 0 ? output : output + errors };
  }

  async down(): Promise<void> {
    const { code, output } = await this.run(['down']);
    if (code !== 0) throw new Error(`down ended with ${code}:\n${output}`);
  }

  /** Ends whatever is left of it, without asking, and removes the folder. */
  remove(): void {
    endMarked(this.folder);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
