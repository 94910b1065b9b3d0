// What a shell text mentions, without running it: the variables that it reads, the programs that it calls, the files that it names. A careful
// reader, no shell: what it can't follow (`eval`, names put together at run time) it leaves out rather than guesses.

import { hereDocument, variablesRead } from './shell-variables.ts';

/** Each once, in the order of the text. */
interface ShellMentions {
  /** Read and not set in the text itself; those with a default (`${NAME:-…}`) are left out. */
  readonly variables: readonly string[];
  /** Words in the place of a command, as they stand; those with a variable in them are left out. */
  readonly commands: readonly string[];
  /** Files that a program which only reads is told to read, as they stand; may hold `${NAME}`. */
  readonly files: readonly string[];
}

const reserved = new Set([
  'if',
  'then',
  'else',
  'elif',
  'fi',
  'while',
  'until',
  'do',
  'done',
  'for',
  'in',
  'case',
  'esac',
  '{',
  '}',
  '!',
  'function',
]);
const before = new Set(['if', 'then', 'else', 'elif', 'while', 'until', 'do', '!', '{']);
/** They run what follows them. */
const wrappers = new Set(['exec', 'nohup', 'command', 'env', 'time', 'nice', 'setsid']);
/** Options of theirs that another word belongs to: of `nice`, `env` and `exec`. */
const wrapperValues = new Set(['-n', '-u', '-C', '-a']);
const builtIns = new Set([
  ':',
  '.',
  'alias',
  'bg',
  'break',
  'cd',
  'continue',
  'echo',
  'eval',
  'exit',
  'export',
  'false',
  'fg',
  'getopts',
  'hash',
  'jobs',
  'kill',
  'local',
  'printf',
  'pwd',
  'read',
  'readonly',
  'return',
  'set',
  'shift',
  'test',
  '[',
  'times',
  'trap',
  'true',
  'type',
  'ulimit',
  'umask',
  'unalias',
  'unset',
  'wait',
  'source',
]);
/** Their words are names of variables. */
const naming = new Set(['read', 'export', 'readonly', 'local', 'getopts']);
const readers = new Set([
  'cat',
  'tail',
  'head',
  'grep',
  'egrep',
  'fgrep',
  'less',
  'wc',
  'sha256sum',
  'md5sum',
  'source',
  '.',
]);
const withPattern = new Set(['grep', 'egrep', 'fgrep']);
const separators = new Set([';', '&', '|', '&&', '||', '(', ')', '\n', ';;', '`', '$(']);

/** Reads a shell text. */
export function shellMentions(text: string): ShellMentions {
  const tokens = tokensOf(text);
  const set = new Set<string>(['IFS', 'PWD', 'OLDPWD', 'OPTARG', 'OPTIND', 'PPID', 'RANDOM', 'LINENO', 'SECONDS']);
  const commands = new Set<string>();
  const files = new Set<string>();
  const functions = new Set<string>();
  let atStart = true;
  let command: string | null = null;
  let patternGiven = false;
  let skipNext = false;
  let redirect = false;
  let cases = 0;
  /** Between `in` or `;;` and `)` stand patterns, not commands. */
  let inPattern = false;
  for (const [index, token] of tokens.entries()) {
    if (inPattern) {
      if (!token.operator && token.text === 'esac') cases -= 1;
      inPattern = token.text !== ')' && token.text !== 'esac';
      atStart = true;
      continue;
    }
    if (command === 'case' && token.text === 'in') {
      cases += 1;
      inPattern = true;
      continue;
    }
    if (token.operator && token.text === ';;' && cases > 0) inPattern = true;
    if (token.operator) {
      if (token.text === '<') redirect = true;
      else if (token.text.startsWith('>') || token.text.startsWith('<')) skipNext = true;
      else if (separators.has(token.text)) {
        if (token.text === '(' && tokens[index + 1]?.text === ')' && command !== null) functions.add(command);
        atStart = true;
        command = null;
        patternGiven = false;
      }
      continue;
    }
    const word = token.text;
    if (redirect) {
      redirect = false;
      if (isPath(word)) files.add(word);
      continue;
    }
    if (skipNext) {
      skipNext = false;
      continue;
    }
    if (atStart) {
      const assigned = /^([A-Za-z_]\w*)=/.exec(word);
      if (assigned !== null) {
        set.add(assigned[1] ?? '');
        continue;
      }
      if (reserved.has(word)) {
        if (word === 'esac') cases -= 1;
        if (word === 'for') set.add(tokens[index + 1]?.text ?? '');
        if (!before.has(word)) {
          atStart = false;
          command = word;
        }
        continue;
      }
      if (wrappers.has(word)) continue;
      if (word === '-v' || word === '-V') {
        // `command -v NAME` asks whether it is there.
        atStart = false;
        continue;
      }
      if (word.startsWith('-')) {
        skipNext = wrapperValues.has(word);
        continue;
      }
      atStart = false;
      command = word;
      if (!builtIns.has(word) && !token.quotedVariable && !word.includes('$') && !word.includes(')'))
        commands.add(word);
      continue;
    }
    if (naming.has(command ?? '')) set.add(word.split('=', 1)[0] ?? '');
    if (command === null || !readers.has(command) || word.startsWith('-')) {
      if (word === '-e' || word === '-f') patternGiven = true;
      continue;
    }
    if (withPattern.has(command) && !patternGiven) patternGiven = true;
    else if (isPath(word)) files.add(word);
  }
  for (const name of functions) commands.delete(name);
  const variables = [...variablesRead(text)].filter((name) => !set.has(name));
  return { variables, commands: [...commands], files: [...files] };
}

/** Letters and signs of a path that a shell would take as it stands, but for `${NAME}`. */
function isPath(word: string): boolean {
  return word.includes('/') && /^(?:[\w./@%+=:,-]|\$\{\w+\})+$/.test(word) && !word.startsWith('/dev/');
}

interface Token {
  readonly text: string;
  readonly operator: boolean;
  /** Part of it was in double quotes and held a `$`. */
  readonly quotedVariable: boolean;
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let word: string | null = null;
  let quotedVariable = false;
  const end = (): void => {
    if (word !== null) tokens.push({ text: word, operator: false, quotedVariable });
    word = null;
    quotedVariable = false;
  };
  const hereEnds: string[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? '';
    if (char === '\\') {
      if (text[at + 1] !== '\n') word = (word ?? '') + (text[at + 1] ?? '');
      at += 1;
    } else if (char === "'") {
      const close = text.indexOf("'", at + 1);
      const stop = close === -1 ? text.length : close;
      word = (word ?? '') + text.slice(at + 1, stop);
      at = stop;
    } else if (char === '"') {
      const inner = doubleQuoted(text, at + 1);
      word = (word ?? '') + inner.text;
      quotedVariable ||= inner.text.includes('$');
      // What is called inside `$(…)` in quotes is a command all the same.
      for (const sub of inner.subs) {
        tokens.push({ text: '\n', operator: true, quotedVariable: false }, ...tokensOf(sub), {
          text: '\n',
          operator: true,
          quotedVariable: false,
        });
      }
      at = inner.end;
    } else if (char === '#' && word === null) {
      const newline = text.indexOf('\n', at);
      at = (newline === -1 ? text.length : newline) - 1;
    } else if (char === '\n' || char === ' ' || char === '\t') {
      end();
      if (char === '\n') {
        tokens.push({ text: '\n', operator: true, quotedVariable: false });
        for (let here = hereEnds.shift(); here !== undefined; here = hereEnds.shift()) {
          const lines = text.slice(at + 1).split('\n');
          const last = lines.findIndex((line) => line.replace(/^\t+/, '') === here);
          at = last === -1 ? text.length : at + lines.slice(0, last + 1).join('\n').length + 1;
        }
      }
    } else if (text.startsWith('$((', at)) {
      const close = text.indexOf('))', at);
      word = `${word ?? ''}$`;
      at = close === -1 ? text.length : close + 1;
    } else if (char === '$' && text[at + 1] === '(') {
      end();
      tokens.push({ text: '$(', operator: true, quotedVariable: false });
      at += 1;
    } else if (char === '$' && text[at + 1] === '{') {
      const close = text.indexOf('}', at);
      const stop = close === -1 ? text.length : close;
      word = (word ?? '') + text.slice(at, stop + 1);
      at = stop;
    } else if (';&|()<>`'.includes(char)) {
      if (/^\d+$/.test(word ?? '') && (char === '<' || char === '>')) word = null;
      end();
      const two = text.slice(at, at + 2);
      const operator = ['&&', '||', ';;', '>>', '<<', '>&', '<&'].includes(two) ? two : char;
      at += operator.length - 1;
      if (operator === '<<') {
        const here = hereDocument(text, at - 1);
        if (here !== null) {
          hereEnds.push(here.end);
          at = here.next - 1;
        }
      } else tokens.push({ text: operator, operator: true, quotedVariable: false });
    } else word = (word ?? '') + char;
  }
  end();
  return tokens;
}

function doubleQuoted(text: string, from: number): { text: string; end: number; subs: string[] } {
  const subs: string[] = [];
  let made = '';
  let at = from;
  for (; at < text.length && text[at] !== '"'; at += 1) {
    if (text[at] === '\\') {
      at += 1;
      made += text[at] ?? '';
    } else if (text[at] === '$' && text[at + 1] === '(' && text[at + 2] !== '(') {
      let depth = 1;
      const start = at + 2;
      for (at = start; at < text.length && depth > 0; at += 1) {
        if (text[at] === '(') depth += 1;
        if (text[at] === ')') depth -= 1;
      }
      at -= 1;
      subs.push(text.slice(start, at));
      made += '$';
    } else made += text[at] ?? '';
  }
  return { text: made, end: at, subs };
}
