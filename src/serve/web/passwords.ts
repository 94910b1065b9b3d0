// Passwords: argon2id (RFC 9106), written as PHC strings, so that the cost may grow later and old ones still read.

import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';

/** What OWASP's cheat sheet for password storage gives as the least for argon2id: 19 MiB, 2 passes, 1 lane. About 100 ms here. */
const cost = { memory: 19_456, passes: 2, parallelism: 1 } as const;
const tagBytes = 32;
const saltBytes = 16;

/** The PHC string of a password, with a salt of its own. */
export async function hashed(password: string): Promise<string> {
  const salt = randomBytes(saltBytes);
  const tag = await derive(password, salt, cost);
  return `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${plain(salt)}$${plain(tag)}`;
}

/** True when the password is the one of this PHC string. A string that is none takes as long and is false. */
export async function isPassword(password: string, phc: string | null): Promise<boolean> {
  const parts =
    phc === null ? null : /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([\w+/-]+)\$([\w+/-]+)$/.exec(phc);
  const wanted = Buffer.from(parts?.[5] ?? '', 'base64');
  const its =
    parts === null ? cost : { memory: Number(parts[1]), passes: Number(parts[2]), parallelism: Number(parts[3]) };
  const salt = parts === null ? Buffer.alloc(saltBytes) : Buffer.from(parts[4] ?? '', 'base64');
  const tag = await derive(password, salt, its);
  return parts !== null && tag.length === wanted.length && timingSafeEqual(tag, wanted);
}

function derive(
  password: string,
  nonce: Buffer,
  of: { readonly memory: number; readonly passes: number; readonly parallelism: number },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    argon2('argon2id', { message: password.normalize('NFKC'), nonce, tagLength: tagBytes, ...of }, (error, tag) => {
      if (error === null) resolve(tag);
      else reject(error);
    });
  });
}

/** PHC strings leave the padding out. */
function plain(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
