// What the console's process and `standfast user` ask on the agent's socket.

import { errorWords } from '../model/error-words.ts';
import { Refusal } from './refusal.ts';
import type { Route } from './routes.ts';
import { accountBody, intentBody, parsed } from './shapes.ts';

/** Rows for the table in routes.ts. */
export const consoleRoutes: readonly (readonly [string, Route])[] = [
  [
    'GET /api/v1/details',
    { kind: 'answer', answer: ({ answers }) => ({ status: 200, body: answers.console.details() }) },
  ],
  ['GET /api/v1/console', { kind: 'answer', answer: ({ answers }) => ({ status: 200, body: answers.console.view() }) }],
  [
    'POST /api/v1/intents/preview',
    {
      kind: 'answer',
      answer: ({ answers, body }) => ({ status: 200, body: answers.console.preview(parsed(intentBody, body)) }),
    },
  ],
  [
    'GET /api/v1/accounts',
    {
      kind: 'answer',
      answer: async ({ answers }) => ({ status: 200, body: await inStore(() => answers.console.accounts()) }),
    },
  ],
  [
    'PUT /api/v1/accounts/:',
    {
      kind: 'answer',
      async answer({ answers, parameter, body }) {
        const account = { ...parsed(accountBody, body), name: parameter };
        await inStore(() => answers.console.putAccount(account));
        return { status: 204, body: undefined };
      },
    },
  ],
  [
    'DELETE /api/v1/accounts/:',
    {
      kind: 'answer',
      async answer({ answers, parameter }) {
        if (await inStore(() => answers.console.removeAccount(parameter))) return { status: 204, body: undefined };
        throw new Refusal(404, 'SF-825', `there is no user ${parameter}`, 'standfast user list');
      },
    },
  ],
];

/** The users stand in the store: when it cannot be asked, that is what is wrong. */
async function inStore<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const why = errorWords(error);
    throw new Refusal(503, 'SF-826', `the users cannot be read or written now: ${why}`, 'standfast doctor');
  }
}
