// Puts a probe's question once. One file per kind; a log is followed rather than asked (`log-tail.ts`).

import { resolve } from 'node:path';
import type { ProbeSpec } from '../model/system.ts';
import { ms } from '../model/units.ts';
import type { Asked } from './asked.ts';
import { inWords, silent } from './asked.ts';
import { runCommand } from './command.ts';
import { askFile } from './file.ts';
import { giveUpAfter } from './give-up.ts';
import { askHttp } from './http.ts';
import { readCheckCommand } from './plug-in.ts';
import { askTcp } from './tcp.ts';
import type { Turns, TurnsByKey } from './turns.ts';

/** A probe that is asked; a log is followed instead. */
export type AskedProbe = Exclude<ProbeSpec, { kind: 'log' }>;

/** Who asks: where commands run and as whom. */
export interface Surroundings {
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user: string | null;
  readonly group: string | null;
}

/** `within`: how long an answer is waited for, in ms. */
export interface AskOptions {
  readonly within: number;
  readonly signal: AbortSignal;
  /** The answer itself is wanted, for a self-status. */
  readonly body: boolean;
  /** Unix ms: a file last written earlier does not count. */
  readonly notBefore: number | null;
}

/** What all probes of one observer share. */
export interface ProbeTools {
  readonly files: TurnsByKey;
  /** Bounds the programs that run at once. */
  readonly commands: Turns;
}

/** Puts the question once. Never rejects. */
export async function ask(
  tools: ProbeTools,
  probe: AskedProbe,
  from: Surroundings,
  options: AskOptions,
): Promise<Asked> {
  try {
    switch (probe.kind) {
      case 'http':
        return await askHttp(probe.url, options.within, options.signal);
      case 'tcp':
        return await askTcp(probe.address, options.body, options.within, options.signal);
      case 'command':
        return await tools.commands.take(async () =>
          readCheckCommand(
            await runCommand({
              ...from,
              command: probe.command,
              input: null,
              within: ms(options.within),
              signal: options.signal,
            }),
            options.within,
          ),
        );
      case 'file': {
        const path = resolve(from.dir, probe.path);
        return await inTime(
          tools.files.take(folderOf(path), () => askFile(path, options.notBefore, options.body)),
          options,
        );
      }
      default: {
        const never: never = probe;
        return never;
      }
    }
  } catch (error) {
    return { result: 'unknown', text: inWords(error), body: null };
  }
}

/** A file call on a stalled disk cannot be called off, only no longer be waited for. */
async function inTime(asked: Promise<Asked>, options: AskOptions): Promise<Asked> {
  let callOff = (): void => undefined;
  const late = new Promise<Asked>((done) => {
    callOff = giveUpAfter(options.within, () => done(silent(options.within)));
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    callOff();
  }
}

/** The key of the turns for file calls. */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
