// The console's certificate, and why the console does not listen.

import { readFile } from 'node:fs/promises';
import { errorWords } from '../model/error-words.ts';
import type { ConsoleChoice } from '../model/system.ts';

class BadCertificate extends Error {
  override readonly name = 'BadCertificate';
}

/** Null: plain HTTP. Rejects with `BadCertificate`. */
export async function tlsOf(choice: ConsoleChoice): Promise<{ cert: Buffer; key: Buffer } | null> {
  if (choice.tls === null) return null;
  try {
    return { cert: await readFile(choice.tls.cert), key: await readFile(choice.tls.key) };
  } catch (error) {
    throw new BadCertificate(errorWords(error), { cause: error });
  }
}

/** Why the console does not listen, with its code and what to do. OpenSSL's own errors come when the server is made of a key and a certificate that don't belong together. */
export function whyNot(error: unknown, choice: ConsoleChoice): string {
  const message = errorWords(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (error instanceof BadCertificate || code.startsWith('ERR_OSSL'))
    return `SF-823 the console's certificate cannot be used: ${message}. Look at console.tls in the description.`;
  return `SF-821 the console cannot listen on ${choice.address}: ${message}. Free it, or give another: console: { listen: "127.0.0.1:7520" }.`;
}
