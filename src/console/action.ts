// What a person may ask for on these pages, and its name.

import type { IntentKind } from '../api.ts';

/** What a button asks for. Null: of no one service, or of no one host. */
export interface Action {
  readonly kind: Exclude<IntentKind, 'fence' | 'down'>;
  readonly service: string | null;
  readonly host: string | null;
  /** Of maintenance and ban: ends it. */
  readonly end?: boolean;
}

/** As a heading: `Restart pricer on a`. */
export function titleOf(action: Action): string {
  const on = action.host === null ? '' : action.kind === 'failover' ? ` to ${action.host}` : ` on ${action.host}`;
  const what = action.service ?? 'everything';
  switch (action.kind) {
    case 'maintenance':
      return action.end === true ? `End maintenance of ${action.host ?? ''}` : `Maintenance of ${action.host ?? ''}`;
    case 'ban':
      return action.end === true ? `End the ban of ${action.host ?? ''}` : `Ban ${action.host ?? ''}`;
    case 'failover':
      return `Fail ${what} over${on}`;
    case 'restart':
    case 'stop':
    case 'start':
    case 'pause':
    case 'resume':
      return `${capital(action.kind)} ${what}${on}`;
    default:
      return action.kind satisfies never;
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
