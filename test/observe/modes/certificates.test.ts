// Certificates made by openssl, in files and on a live port: days, names, keys, chains, and a renewed one that is not loaded.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { createServer } from 'node:tls';
import { openCertificates } from '../../../src/observe/modes/certificates.ts';
import { folder, ground, look, said, sh, watchOn } from './look.ts';

const openssl = 'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes';

/** A key and a certificate in one file. */
function certificate(path: string, days: number, name = 'pricer.example'): string {
  sh(
    `${openssl} -days "$2" -subj "/CN=$3" -addext "subjectAltName=DNS:$3" -keyout "$1.key" -out "$1.crt" 2>/dev/null && cat "$1.crt" "$1.key" > "$1"`,
    path,
    String(days),
    name,
  );
  return path;
}

test('files: days left, damage, a key of another, PKCS#12, a gap in the chain', async (t) => {
  const dir = folder(t);
  const detector = openCertificates(ground());
  const lookAt = async (
    file: string,
    passwordFile: string | null = null,
    name: string | null = null,
    key: string | null = null,
  ): Promise<readonly string[]> =>
    said(
      await look(
        detector,
        watchOn(dir, {
          certificates: [{ services: ['pricer'], file, on: null, name, passwordFile, key, isNamed: key === null }],
        }),
      ),
    );
  const good = certificate(join(dir, 'good.pem'), 90);
  assert.deepEqual(await lookAt(good), []);
  assert.deepEqual(await lookAt(good, null, 'other.example'), ['certificate-name fault']);
  assert.deepEqual(await lookAt(good, null, 'pricer.example'), []);
  assert.deepEqual(await lookAt(certificate(join(dir, 'soon.pem'), 10)), ['certificate-expiry ahead']);
  // Seen to be renewed by another as short-lived, ten days are not few; those of another file are.
  certificate(join(dir, 'soon.pem'), 10);
  assert.deepEqual(await lookAt(join(dir, 'soon.pem')), []);
  assert.deepEqual(await lookAt(certificate(join(dir, 'short.pem'), 10)), ['certificate-expiry ahead']);
  certificate(join(dir, 'short.pem'), 8);
  assert.deepEqual(await lookAt(join(dir, 'short.pem')), ['certificate-expiry ahead'], 'made for another time');
  const week = openCertificates(ground({ now: () => Date.now() + 8 * 86_400_000 }));
  const later = openCertificates(ground({ now: () => Date.now() + 11 * 86_400_000 }));
  const soon = {
    services: ['pricer'],
    file: join(dir, 'soon.pem'),
    on: null,
    name: null,
    passwordFile: null,
    key: null,
    isNamed: true,
  };
  assert.deepEqual(said(await look(week, watchOn(dir, { certificates: [soon] }))), ['certificate-expiry ahead']);
  assert.deepEqual(said(await look(later, watchOn(dir, { certificates: [soon] }))), ['certificate-expiry fault']);
  // Whom one trusts: some are always at their end.
  const trusted = ['one', 'two'].map((name) => readFileSync(`${certificate(join(dir, name), 5, name)}.crt`, 'utf8'));
  writeFileSync(join(dir, 'trusted.pem'), trusted.join(''));
  assert.deepEqual(await lookAt(join(dir, 'trusted.pem')), []);
  assert.deepEqual(await lookAt(join(dir, 'none.pem')), ['certificate-unreadable fault']);
  writeFileSync(join(dir, 'damaged.pem'), readFileSync(good, 'utf8').replace(/[A-Za-z]{9}/, 'XXXXXXXXX'));
  assert.deepEqual(await lookAt(join(dir, 'damaged.pem')), ['certificate-unreadable fault']);
  writeFileSync(
    join(dir, 'mixed.pem'),
    readFileSync(`${good}.crt`, 'utf8') + readFileSync(join(dir, 'soon.pem.key'), 'utf8'),
  );
  assert.deepEqual(await lookAt(join(dir, 'mixed.pem')), ['certificate-unreadable fault']);
  writeFileSync(join(dir, 'pass'), 'secret\n');
  writeFileSync(join(dir, 'wrong'), 'another\n');
  for (const each of ['soon', 'good'])
    sh(
      'openssl pkcs12 -export -in "$1" -out "$2" -passout file:"$3"',
      join(dir, `${each}.pem`),
      join(dir, `${each}.p12`),
      join(dir, 'pass'),
    );
  assert.deepEqual(await lookAt(join(dir, 'soon.p12'), join(dir, 'pass')), ['certificate-expiry ahead']);
  assert.deepEqual(await lookAt(join(dir, 'good.p12'), join(dir, 'pass')), []);
  assert.deepEqual(await lookAt(join(dir, 'good.p12'), join(dir, 'wrong')), ['certificate-unreadable fault']);
  // root ▸ middle ▸ leaf
  sh(
    `cd "$1" && ${openssl} -days 900 -subj /CN=root -keyout root.key -out root.crt 2>/dev/null &&
    for pair in middle:root leaf:middle; do n=\${pair%:*}; i=\${pair#*:};
      openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=$n -keyout $n.key -out $n.csr 2>/dev/null &&
      printf "basicConstraints=CA:TRUE\\n" > ext && openssl x509 -req -in $n.csr -CA $i.crt -CAkey $i.key -CAcreateserial -days 90 -extfile ext -out $n.crt 2>/dev/null; done;
    cat leaf.crt middle.crt root.crt > whole.pem; cat leaf.crt root.crt > gap.pem; cat leaf.crt root.crt middle.crt > order.pem`,
    dir,
  );
  assert.deepEqual(await lookAt(join(dir, 'whole.pem')), []);
  assert.deepEqual(await lookAt(join(dir, 'gap.pem')), ['certificate-chain fault']);
  // The leaf alone may be all that clients need, unless its issuer stood behind it before.
  assert.deepEqual(await lookAt(join(dir, 'leaf.crt')), []);
  sh('cd "$1" && cp leaf.crt served.pem && cat middle.crt >> served.pem', dir);
  assert.deepEqual(await lookAt(join(dir, 'served.pem')), []);
  sh('cd "$1" && cp leaf.crt served.pem', dir);
  assert.deepEqual(await lookAt(join(dir, 'served.pem')), ['certificate-chain fault']);
  // A key beside it; what only looks like a certificate by its name may be one.
  assert.deepEqual(await lookAt(`${good}.crt`, null, null, `${good}.key`), []);
  const unfit = (): Promise<readonly string[]> => lookAt(`${good}.crt`, null, null, join(dir, 'leaf.key'));
  assert.deepEqual([await unfit(), await unfit()], [[], ['certificate-unreadable fault']]);
  assert.deepEqual(await lookAt(`${good}.crt`, null, null, join(dir, 'gone.key')), ['certificate-unreadable fault']);
  assert.deepEqual(await lookAt(`${good}.key`, null, null, `${good}.key`), []);
  assert.deepEqual(await lookAt(join(dir, 'order.pem')), ['certificate-chain fault']);
  // The gravest of a chain is told, wherever it stands: clients refuse the issuer that has expired, today.
  sh(
    `cd "$1" && for each in "old root 30" "last old 45"; do set -- $each;
      openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=$1 -keyout $1.key -out $1.csr 2>/dev/null &&
      openssl x509 -req -in $1.csr -CA $2.crt -CAkey $2.key -CAcreateserial -days $3 -extfile ext -out $1.crt 2>/dev/null; done;
    cat last.crt old.crt root.crt > expired.pem`,
    dir,
  );
  const [worst, ...others] = await look(
    openCertificates(ground({ now: () => Date.now() + 31 * 86_400_000 })),
    watchOn(dir, { certificates: [{ ...soon, file: join(dir, 'expired.pem') }] }),
  );
  assert.deepEqual([worst?.weight, others], ['fault', []]);
  assert.match(worst?.text ?? '', /issuer old expired/);
  // What is there beside it, or cannot be opened by us, is no fault.
  sh(
    `cd "$1" && openssl x509 -in leaf.crt -outform DER -out leaf.cer &&
    openssl ec -aes256 -passout pass:x -in leaf.key -out locked.key 2>/dev/null && cat leaf.crt middle.crt locked.key > locked.pem &&
    openssl pkcs8 -topk8 -passout pass:x -in leaf.key -out locked8.key && cat leaf.crt middle.crt locked8.key > locked8.pem &&
    cat root.crt good.pem.crt > trusted.pem &&
    cat leaf.crt middle.crt leaf.key > pair.pem && cat root.crt good.pem.crt > more.pem &&
    openssl pkcs12 -export -in pair.pem -certfile more.pem -out STORE.P12 -passout file:pass &&
    openssl pkcs12 -export -legacy -in pair.pem -out older.p12 -passout file:pass`,
    dir,
  );
  for (const each of ['leaf.cer', 'locked.pem', 'locked8.pem', 'trusted.pem'])
    assert.deepEqual(await lookAt(join(dir, each)), [], each);
  for (const each of ['STORE.P12', 'older.p12'])
    assert.deepEqual(await lookAt(join(dir, each), join(dir, 'pass')), [], each);
});

test('a live port: days left, another name, and a renewed file that it has not loaded', async (t) => {
  const dir = folder(t);
  const file = certificate(join(dir, 'tls.pem'), 10);
  const pem = readFileSync(file, 'utf8');
  const server = createServer({ key: pem, cert: pem }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const on = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const detector = openCertificates(ground());
  const watch = watchOn(dir, {
    certificates: [
      { services: ['pricer'], file, on, name: 'pricer.example', passwordFile: null, key: null, isNamed: true },
    ],
  });
  assert.deepEqual(said(await look(detector, watch)), ['certificate-expiry ahead', 'certificate-expiry ahead']);
  certificate(file, 90);
  const seen = await look(detector, watch);
  assert.deepEqual(said(seen), ['certificate-expiry ahead', 'certificate-not-loaded ahead']);
  assert.match(
    seen.find((each) => each.mode === 'certificate-not-loaded')?.text ?? '',
    /still shows the certificate that ends/,
  );
  const renewed = readFileSync(file, 'utf8');
  server.setSecureContext({ key: renewed, cert: renewed });
  assert.deepEqual(said(await look(detector, watch)), []);
  const other = watchOn(dir, {
    certificates: [
      { services: ['pricer'], file: null, on, name: 'other.example', passwordFile: null, key: null, isNamed: true },
    ],
  });
  assert.deepEqual(said(await look(detector, other)), ['certificate-name fault']);
});
