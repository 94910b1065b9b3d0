// How the conformance suite and its child processes open the embedded store.
import { openEmbedded } from '../../src/store/embedded.ts';
import type { Opener } from './store.cases.ts';

export const open: Opener = (where, prefix) => openEmbedded({ file: where, prefix });
