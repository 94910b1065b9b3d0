// Reads the small JSON bodies of the agent's socket.

import type { IncomingMessage } from 'node:http';
import { bytesWords } from '../model/amount-words.ts';
import { Refusal } from './refusal.ts';

/** More than any status with hundreds of subsystems needs. In bytes. */
const usuallyMost = 256 * 1024;

/** Words that count as JSON texts: a shell script says `curl --data ok`. */
const bareWords = new Set(['ok', 'degraded', 'failed']);

/** The body as JSON; `undefined` when there is none. Refuses what is longer than `mostBytes`, or no JSON. */
export async function readBody(request: IncomingMessage, mostBytes: number = usuallyMost): Promise<unknown> {
  const text = (await readText(request, mostBytes)).trim();
  if (text === '') return undefined;
  if (bareWords.has(text)) return text;
  try {
    const read: unknown = JSON.parse(text);
    return read;
  } catch {
    throw new Refusal(400, 'SF-703', 'the body is no JSON', 'Send JSON, for example {"status":"ok"}.');
  }
}

function readText(request: IncomingMessage, mostBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let length = 0;
    request.on('data', (part: Buffer) => {
      length += part.length;
      if (length > mostBytes) {
        request.removeAllListeners('data');
        request.pause();
        reject(new Refusal(413, 'SF-704', `the body is longer than ${bytesWords(mostBytes)}`, 'Send less.'));
        return;
      }
      parts.push(part);
    });
    request.once('end', () => {
      resolve(Buffer.concat(parts).toString('utf8'));
    });
    request.once('error', reject);
    request.once('close', () => {
      // Also comes after a body was read whole; an error with its stack for each answer would cost more than the answer.
      if (!request.readableEnded) reject(new Refusal(400, 'SF-703', 'the request ended in mid-body', 'Send it again.'));
    });
  });
}
