// The key `console`: where the web page listens and who may do what there.

import { z } from 'zod';
import { flag, text } from './leaf.ts';
import { key, names } from './shape-parts.ts';

const file = (what: string, example: string): ReturnType<typeof text> => text(what, example);

/** `console: false`, or how it is reached. */
export const consoleShape = z.union([
  flag(),
  z.strictObject({
    listen: key(text('an address and a port', '"127.0.0.1:7420"'), {
      description:
        'Address and port; several hosts of one machine take this port and the ones after it. Elsewhere than on loopback it needs `tls`, and users.',
      default: '127.0.0.1:7420',
      examples: ['127.0.0.1:7420'],
    }),
    names: key(names('a host name'), {
      description:
        'Host names under which people reach it. Others are refused, so that no page elsewhere can pass for it.',
      examples: [['standfast.example']],
    }),
    tls: key(
      z
        .strictObject({
          cert: key(file('a file', 'tls/cert.pem'), {
            description: 'Its certificate, with those that it rests on, PEM.',
            examples: ['tls/cert.pem'],
          }),
          key: key(file('a file', 'tls/key.pem'), { description: 'Its key, PEM.', examples: ['tls/key.pem'] }),
        })
        .meta({ required: ['cert', 'key'] }),
      { description: 'HTTPS.', examples: [{ cert: 'tls/cert.pem', key: 'tls/key.pem' }] },
    ),
    oidc: key(
      z
        .strictObject({
          issuer: key(text('a URL', '"https://id.example"'), {
            description: 'The provider; what it offers is read from its `.well-known/openid-configuration`.',
            examples: ['https://id.example'],
          }),
          clientId: key(text('a client id', 'standfast'), {
            description: 'Our name there.',
            examples: ['standfast'],
          }),
          clientSecretFile: key(file('a file', 'oidc.secret'), {
            description: 'Holds our secret there. Absent: a public client.',
            examples: ['oidc.secret'],
          }),
          claim: key(text('a claim', 'groups'), {
            description: 'The claim whose values give roles.',
            default: 'groups',
            examples: ['groups'],
          }),
          operate: key(names('a value of the claim'), {
            description: 'Who has one of these values may act.',
            examples: [['oncall']],
          }),
          administer: key(names('a value of the claim'), {
            description: 'Who has one of these may also see who the users are.',
            examples: [['admins']],
          }),
        })
        .meta({ required: ['issuer', 'clientId'] }),
      {
        description: 'People sign in with OpenID Connect. Who has neither role may look.',
        examples: [{ issuer: 'https://id.example', clientId: 'standfast', operate: ['oncall'] }],
      },
    ),
  }),
]);

/** As zod has read it. */
export type ConsoleShape = z.output<typeof consoleShape>;
