// Asks for a password: at a terminal without showing it, twice; else the first line of standard input.

import { Failure } from './failure.ts';

/** Fails (exit 2) when nothing came, or the two differ. */
export async function askPassword(about: string): Promise<string> {
  if (!process.stdin.isTTY) {
    const line = (await allOfInput()).split(/\r?\n/, 1)[0] ?? '';
    if (line === '') throw noPassword('no password came on standard input');
    return line;
  }
  const first = await hiddenLine(`Password of ${about}: `);
  const second = await hiddenLine('Again: ');
  if (first !== second) throw noPassword('the two passwords differ');
  return first;
}

function noPassword(what: string): Failure {
  return new Failure({
    code: 'SF-827',
    what,
    next: 'Type it when asked, or give it on standard input: standfast user add NAME < FILE',
    exit: 2,
  });
}

const mostInput = 64 * 1024;

async function allOfInput(): Promise<string> {
  let text = '';
  process.stdin.setEncoding('utf8');
  for await (const part of process.stdin as AsyncIterable<string>) {
    text += part;
    if (text.length > mostInput || text.includes('\n')) break;
  }
  return text;
}

/** Reads a line of a terminal that shows nothing of it; ^C ends the program as usual. */
function hiddenLine(question: string): Promise<string> {
  const { stdin } = process;
  process.stderr.write(question);
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  stdin.resume();
  return new Promise((resolve) => {
    let typed: string[] = [];
    const end = (): void => {
      stdin.off('data', take);
      stdin.setRawMode(false);
      stdin.pause();
      process.stderr.write('\n');
    };
    const take = (text: string): void => {
      for (const character of text)
        switch (character) {
          case '\r':
          case '\n':
          case '\u0004':
            end();
            resolve(typed.join(''));
            return;
          case '\u0003':
            end();
            process.kill(process.pid, 'SIGINT');
            return;
          case '\u0015':
            typed = [];
            break;
          case '\b':
          case '\u007f':
            typed.pop();
            break;
          default:
            typed.push(character);
        }
    };
    stdin.on('data', take);
  });
}
