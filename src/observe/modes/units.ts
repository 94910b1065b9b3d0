// Units of systemd that were masked or disabled, read from the links that `systemctl` makes: so it is seen also where systemd does not run now, and before
// the next boot shows it. systemd.unit(5): a mask is a link to /dev/null; enabled is a link in some .wants or .requires folder.

import type { Seen } from '../../model/mode.ts';
import type { Detector } from './detector.ts';
import type { Ground } from './ground.ts';
import { ranLately } from './ran-lately.ts';

const everyMs = 30_000;
const administered = ['etc/systemd/system', 'run/systemd/system'];
const shipped = ['usr/lib/systemd/system', 'lib/systemd/system', 'usr/local/lib/systemd/system'];

/** Opens the detector. */
export function openUnits(ground: Ground): Detector {
  return {
    name: 'units',
    everyMs,
    look: (watch) =>
      Promise.resolve({
        seen: watch.units.flatMap(({ name, services }): Seen[] => {
          const unit = name.includes('.') ? name : `${name}.service`;
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
  const texts = [...administered, ...shipped].map((folder) => ground.kernel(`${folder}/${unit}`));
  const text = texts.find((each) => each !== null) ?? null;
  if (text === null) return 'is not there';
  const wanted = [...administered, ...shipped].some((folder) =>
    ground
      .names(folder)
      .filter((name) => name.endsWith('.wants') || name.endsWith('.requires'))
      .some((name) => ground.names(`${folder}/${name}`).includes(unit)),
  );
  // Without an [Install] section nobody can enable it: others start it.
  return wanted || !/^\[Install\]/m.test(text) ? null : 'is disabled: it will not start at the next boot';
}
