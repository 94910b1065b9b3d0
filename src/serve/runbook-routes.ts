// One question about runbooks over the agent's socket: `{ "ask": "start", "of": [ … ] }`, a method of `RunbookAnswers` and its arguments.

import { z } from 'zod';
import type { RunbookAnswers } from '../api-runbook.ts';
import type { Route } from './routes.ts';
import { parsed } from './shapes.ts';

const name = z.string().min(1).max(300);
const values = z.record(z.string().max(200), z.string().max(10_000));
const why = z.string().max(2000);

const question = z.discriminatedUnion('ask', [
  z.strictObject({ ask: z.literal('list'), of: z.tuple([]) }),
  z.strictObject({ ask: z.literal('show'), of: z.tuple([name, name.nullable(), values]) }),
  z.strictObject({
    ask: z.literal('start'),
    of: z.tuple([z.strictObject({ name, host: name.nullable(), owner: name, why, allow: z.boolean(), values })]),
  }),
  z.strictObject({ ask: z.literal('runs'), of: z.tuple([]) }),
  z.strictObject({ ask: z.literal('run'), of: z.tuple([name, name.nullable()]) }),
  z.strictObject({
    ask: z.literal('answer'),
    of: z.tuple([
      z.strictObject({
        run: name,
        block: z.int().min(0),
        undo: z.boolean(),
        word: z.enum(['yes', 'no', 'skip', 'again']),
        owner: name,
        why,
      }),
    ]),
  }),
  z.strictObject({ ask: z.literal('allow'), of: z.tuple([name, name]) }),
  z.strictObject({ ask: z.literal('abort'), of: z.tuple([name, name, why]) }),
  z.strictObject({ ask: z.literal('test'), of: z.tuple([name.nullable()]) }),
  z.strictObject({ ask: z.literal('stands'), of: z.tuple([name]) }),
]);

/** Rows for the table in routes.ts. */
export const runbookRoutes: readonly (readonly [string, Route])[] = [
  [
    'POST /api/v1/runbooks',
    {
      kind: 'answer',
      answer: async ({ answers, body }) => ({
        status: 200,
        body: await answered(answers.runbooks, parsed(question, body)),
      }),
    },
  ],
];

function answered(runbooks: RunbookAnswers, asked: z.infer<typeof question>): Promise<unknown> {
  switch (asked.ask) {
    case 'list':
      return runbooks.list();
    case 'show':
      return runbooks.show(...asked.of);
    case 'start':
      return runbooks.start(...asked.of);
    case 'runs':
      return runbooks.runs();
    case 'run':
      return runbooks.run(...asked.of);
    case 'answer':
      return runbooks.answer(...asked.of);
    case 'allow':
      return runbooks.allow(...asked.of);
    case 'abort':
      return runbooks.abort(...asked.of);
    case 'test':
      return runbooks.test(...asked.of);
    case 'stands':
      return runbooks.stands(...asked.of);
    default:
      return asked satisfies never;
  }
}
