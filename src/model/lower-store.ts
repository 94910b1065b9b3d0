// `store:` — where the agents agree.

import { missing, type Reading } from './reading.ts';
import type { DescriptionShape } from './shape.ts';
import type { StoreChoice } from './system.ts';
import { wrongHttp } from './templates.ts';
import { shorten } from './words.ts';

type EtcdShape = Extract<NonNullable<DescriptionShape['store']>, object>;

/** The store, as far as it can be read; absent: embedded. */
export function lowerStore(reading: Reading, shape: DescriptionShape): StoreChoice {
  if (typeof shape.store !== 'object') return { kind: 'embedded' };
  const { etcd } = shape.store;
  if (etcd === undefined) {
    missing(reading, ['store'], 'etcd', 'Write `store: embedded`, or leave the key out.');
    return { kind: 'embedded' };
  }
  if (etcd === 'managed') return managed(reading, shape.store, shape);
  const secure = checkUrls(reading, etcd);
  checkPairs(reading, shape.store, secure);
  const { ca, cert, key, user, passwordFile } = shape.store;
  return {
    kind: 'etcd',
    managed: false,
    endpoints: etcd.map((url) => url.replace(/\/+$/, '')),
    ca: ca ?? null,
    cert: cert ?? null,
    key: key ?? null,
    user: user ?? null,
    passwordFile: passwordFile ?? null,
  };
}

function managed(reading: Reading, store: EtcdShape, shape: DescriptionShape): StoreChoice {
  for (const each of ['ca', 'cert', 'key', 'user', 'passwordFile'] as const)
    if (store[each] !== undefined)
      reading.findings.add(
        'SF-185',
        ['store', each],
        `${each} has no meaning for a managed etcd`,
        'Remove it: Standfast makes what its own etcd needs. Or name the URLs of yours instead of `managed`.',
        { atKey: true },
      );
  if (Object.keys(shape.hosts ?? {}).length === 0)
    reading.findings.add(
      'SF-185',
      ['store', 'etcd'],
      'a managed etcd runs on the described hosts, and there are none',
      'Describe a host, or leave `store` out.',
    );
  return { kind: 'etcd', managed: true };
}

/** True when its members are asked by TLS. */
function checkUrls(reading: Reading, urls: readonly string[]): boolean {
  if (urls.length === 0)
    reading.findings.add('SF-184', ['store', 'etcd'], 'the list of URLs is empty', 'Name every member of the etcd.');
  const schemes = new Set<string>();
  for (const [index, url] of urls.entries()) {
    const path = ['store', 'etcd', index];
    const why = wrongHttp(url);
    if (why !== null) {
      const next = 'Write for example "https://10.1.0.1:2379".';
      reading.findings.add(why.code, path, `"${shorten(url)}" ${why.message}`, next);
      continue;
    }
    const { protocol, pathname, port, search, username } = new URL(url);
    schemes.add(protocol);
    if (pathname !== '/' || search !== '')
      reading.findings.add('SF-184', path, `"${shorten(url)}" has a path`, 'A member is asked at its root: remove it.');
    if (username !== '')
      reading.findings.add(
        'SF-184',
        path,
        'a name in the URL is not used',
        'Write `user` and `passwordFile` beside it.',
      );
    // A port that is the scheme's own is no longer seen in a parsed URL.
    if (port === '' && !/:\d+\/?$/.test(url))
      reading.findings.add('SF-184', path, `"${shorten(url)}" has no port`, 'Write it out; the usual one is 2379.');
    if (urls.indexOf(url) !== index)
      reading.findings.add('SF-184', path, `"${shorten(url)}" stands there twice`, 'Remove one of them.');
  }
  if (schemes.size > 1)
    reading.findings.add(
      'SF-184',
      ['store', 'etcd'],
      'some members are asked by TLS and some not',
      'Write https for all.',
    );
  return schemes.has('https:');
}

/** What is of use only together. */
function checkPairs(reading: Reading, store: EtcdShape, secure: boolean): void {
  for (const [one, other] of [
    ['cert', 'key'],
    ['user', 'passwordFile'],
  ] as const) {
    const [first, second] = [store[one], store[other]];
    if ((first === undefined) === (second === undefined)) continue;
    const [given, lacking] = first === undefined ? [other, one] : [one, other];
    reading.findings.add(
      'SF-185',
      ['store', given],
      `${given} is of no use without ${lacking}`,
      `Add \`${lacking}\`, or remove \`${given}\`.`,
      { atKey: true },
    );
  }
  for (const each of ['ca', 'cert', 'key'] as const)
    if (store[each] !== undefined && !secure)
      reading.findings.add(
        'SF-185',
        ['store', each],
        `${each} is of no use when members are asked by plain http`,
        'Write https:// in the URLs.',
        { atKey: true },
      );
}
