// Units of systemd that were masked or disabled, read from the links that `systemctl` makes: so it is seen also where systemd does not run now, and before
// the next boot shows it. systemd.unit(5): a mask is a link to /dev/null; enabled is a link in some .wants or .requires folder.

import type { Seen } from '../../model/mode.ts';
import type { Detector } from './detector.ts';
import type { Ground } from './ground.ts';
import { ranLately } from './ran-lately.ts';

const everyMs = 30_000;
/** Folders of units (systemd.unit(5)): of the administrator, and those that programs and generators make, such as for scripts of init.d. */
const administered = [
  'etc/systemd/system.control',
  'run/systemd/system.control',
  'etc/systemd/system',
  'run/systemd/system',
];
const others = [
  'usr/local/lib/systemd/system',
  'usr/lib/systemd/system',
  'lib/systemd/system',
  ...['transient', 'generator', 'generator.early', 'generator.late'].map((name) => `run/systemd/${name}`),
];
const folders = [...administered, ...others];
const suffix = /\.(service|socket|device|mount|automount|swap|target|path|timer|slice|scope)$/;

/** Opens the detector. */
export function openUnits(ground: Ground): Detector {
  return {
    name: 'units',
    everyMs,
    look: (watch) =>
      Promise.resolve({
        seen: watch.units.flatMap(({ name, services }): Seen[] => {
          const unit = suffix.test(name) ? name : `${name}.service`;
          const how = stateOf(ground, unit);
          if (how === null) return [];
          return [
            {
              mode: 'unit-disabled',
              subject: unit,
              services,
              weight: 'fault',
              text: `unit ${unit} ${how}${ranLately(ground, unit)}`,
            },
          ];
        }),
      }),
  };
}

/** What is wrong with it; null: nothing. */
function stateOf(ground: Ground, unit: string): string | null {
  if (administered.some((folder) => ground.link(`${folder}/${unit}`) === '/dev/null')) return 'is masked';
  // An instance of a template has its file: `name@.service`.
  const file = unit.replace(/@.+\./, '@.');
  const text = folders.flatMap((folder) => [unit, file].map((name) => ground.kernel(`${folder}/${name}`)));
  const found = text.find((each) => each !== null);
  if (found === undefined) return 'is not there';
  // Without an [Install] section nobody can enable it: others start it.
  return isWanted(ground, unit) || !/^\[Install\]/m.test(found)
    ? null
    : 'is disabled: it will not start at the next boot';
}

/** By itself, by another name of it, or by what starts it when it is needed. */
function isWanted(ground: Ground, unit: string): boolean {
  const links = administered.map((folder) => ground.link(`${folder}/${unit}`));
  // The link that enabling makes for an alias.
  if (links.some((link) => link !== null && baseOf(link) !== unit)) return true;
  const stem = unit.slice(0, unit.lastIndexOf('.'));
  const names = [unit, ...['socket', 'timer', 'path'].map((kind) => `${stem}.${kind}`)];
  return folders.some((folder) =>
    ground
      .names(folder)
      .filter((name) => /\.(wants|requires|upholds)$/.test(name))
      .some((name) => ground.names(`${folder}/${name}`).some((wanted) => names.includes(wanted))),
  );
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
