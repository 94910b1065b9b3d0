// All detectors. The catalogue names them; a test compares.

import { openAccounts } from './accounts.ts';
import { openCertificates } from './certificates.ts';
import { openCgroup } from './cgroup.ts';
import { openConfiguration } from './configuration.ts';
import type { OpenDetector } from './detector.ts';
import { openDisk } from './disk.ts';
import { openEtcd } from './etcd.ts';
import { openFigures } from './figures.ts';
import { openHost } from './host.ts';
import { openIdle } from './idle.ts';
import { openMounts } from './mounts.ts';
import { openNames } from './names.ts';
import { openPorts } from './ports.ts';
import { openPressure } from './pressure.ts';
import { openProcessLimits } from './process-limits.ts';
import { openRaid } from './raid.ts';
import { openSlow } from './slow.ts';
import { openSockets } from './sockets.ts';
import { openUnits } from './units.ts';
import { openVersions } from './versions.ts';

/** What opens each of them. */
export const detectors: readonly OpenDetector[] = [
  openDisk,
  openMounts,
  openPressure,
  openFigures,
  openCgroup,
  openProcessLimits,
  openSockets,
  openCertificates,
  openConfiguration,
  openNames,
  openEtcd,
  openVersions,
  openUnits,
  openAccounts,
  openPorts,
  openIdle,
  openRaid,
  openHost,
  openSlow,
];
