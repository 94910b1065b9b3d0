// Who asks, as it will stand in intents and the journal.

import { userInfo } from 'node:os';

/** The login name; behind sudo, that of the person. */
export function ownerName(env: Readonly<Record<string, string | undefined>>): string {
  const person = env['SUDO_USER'] ?? '';
  if (person !== '') return person;
  try {
    return userInfo().username;
  } catch {
    return env['USER'] ?? 'unknown';
  }
}
