// Whether the sockets below a state folder have paths that the kernel takes.

import { systemLayout } from '../../layout.ts';
import type { Finding } from './machine.ts';

/** A host with a name of usual length is tried. */
export function hostLayoutProblem(state: string): Finding {
  const what = 'socket paths';
  const link = systemLayout(state, 'a-system-of-20-chars').host('host-of-15-char').socketLink;
  return link === null
    ? { what, verdict: 'good', found: 'short enough', next: null }
    : {
        what,
        verdict: 'soso',
        found: `too long below ${state}; reached through links in ${link.slice(0, link.lastIndexOf('/'))}`,
        next: 'Nothing need be done; a shorter state folder does without.',
      };
}
