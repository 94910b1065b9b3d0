// Who asks, as it will stand in intents and the journal.

import { userInfo } from 'node:os';

/** Who sits there, as the environment tells it: behind sudo the person, not root. */
export function ownerName(env: Readonly<Record<string, string | undefined>>): string {
  const person = env['SUDO_USER'] ?? '';
  if (person !== '') return person;
  const user = env['USER'] ?? '';
  if (user !== '') return user;
  try {
    return userInfo().username;
  } catch {
    return 'unknown';
  }
}
