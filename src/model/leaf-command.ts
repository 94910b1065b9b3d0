// Commands as people write them: text split as a shell would, a list of words, or a line for a shell.

import type { z } from 'zod';
import { kindOf, leaf, ok, shown, text, wrong, type Read } from './leaf.ts';
import type { Command } from './system.ts';
import { splitWords } from './words.ts';

const commandJson = {
  title: 'command',
  anyOf: [
    { type: 'string', minLength: 1 },
    { type: 'array', items: { type: 'string' }, minItems: 1 },
    {
      type: 'object',
      properties: { shell: { type: 'string', minLength: 1 } },
      required: ['shell'],
      additionalProperties: false,
    },
  ],
};

/** A program and its arguments: text split as a shell would, a list, or `{ shell: LINE }`. */
export function command(): z.ZodType<Command> {
  return leaf((value): Read<Command> => {
    if (typeof value === 'string') {
      const words = splitWords(value);
      if ('wrong' in words) return wrong('SF-130', words.wrong, words.next);
      return ok({ kind: 'argv', argv: words.words });
    }
    if (Array.isArray(value)) {
      const argv: string[] = [];
      for (const word of value as unknown[]) {
        if (typeof word === 'string') argv.push(word);
        else if (typeof word === 'number' || typeof word === 'boolean')
          return wrong(
            'SF-130',
            `a command's words are text, and ${shown(word)} is ${kindOf(word)}`,
            `Put it in quotes: "${String(word)}".`,
          );
        else
          return wrong(
            'SF-130',
            `a command's words are text, and one of these is ${kindOf(word)}`,
            'Write for example [node, feed.mjs].',
          );
      }
      return (argv[0] ?? '') === ''
        ? wrong('SF-130', 'a command is wanted here, and the list is empty', 'Write for example [node, feed.mjs].')
        : ok({ kind: 'argv', argv });
    }
    if (typeof value === 'object' && value !== null) {
      const keys = Object.keys(value);
      const line = (value as Record<string, unknown>)['shell'];
      const other = keys.find((key) => key !== 'shell');
      if (other !== undefined)
        return wrong(
          'SF-130',
          `a command has no key "${other}"`,
          'Write text, a list, or { shell: "a line for /bin/sh" }.',
        );
      if (typeof line !== 'string' || line.trim() === '')
        return wrong('SF-130', 'the shell line is not text', 'Write { shell: "a line for /bin/sh" }.');
      return ok({ kind: 'shell', line });
    }
    return wrong(
      'SF-130',
      `a command is wanted here, and this is ${kindOf(value)}`,
      'Write text (split as a shell would), a list, or { shell: "a line for /bin/sh" }.',
    );
  }, commandJson);
}

/** A line for `/bin/sh -c`. */
export function shellLine(): z.ZodType<Command> {
  return text('a line for /bin/sh', '"ulimit -n 4096; exec ./feed"')
    .transform((line): Command => ({ kind: 'shell', line }))
    .meta({ type: 'string', title: 'shell line', minLength: 1 });
}
