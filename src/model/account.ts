// What a user of the console may be called, and how long a password is.

/** In bytes of UTF-8. */
const passwordBytes = { least: 8, most: 1_024 } as const;

/** From the least to the most: each may all that the one before it may. */
export const accessRoles = ['look', 'operate', 'administer'] as const;

/** Why this is no name for a user; null: it is one. */
export function whyNoUserName(name: string): string | null {
  if (/^[A-Za-z0-9][A-Za-z0-9._@-]{0,99}$/.test(name)) return null;
  return name.length > 100
    ? 'a name has 100 characters at most'
    : 'a name has letters, digits and . _ @ - and begins with a letter or digit';
}

/** Why this is no password; null: it is one. */
export function whyNoPassword(password: string): string | null {
  const bytes = new TextEncoder().encode(password).length;
  if (bytes < passwordBytes.least) return `a password has at least ${passwordBytes.least} characters`;
  return bytes > passwordBytes.most ? `a password has at most ${passwordBytes.most} bytes` : null;
}
