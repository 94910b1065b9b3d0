// All detectors. docs/failure-modes.md and the catalogue name them; a test compares.

import type { OpenDetector } from './detector.ts';
import { openDisk } from './disk.ts';

export const detectors: readonly OpenDetector[] = [openDisk];
