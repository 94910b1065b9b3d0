// Where a service runs, and the environment of each instance.

import { checkEnvironment } from './environment.ts';
import type { Path } from './problem.ts';
import { checkName, checkTwice, type Whole } from './reading.ts';
import type { ServiceShape } from './shape-service.ts';
import type { Placement } from './system.ts';

/** The placements in order of preference; a host that does not exist is left out, and said. */
export function lowerPlacements(whole: Whole, shape: ServiceShape, path: Path): Placement[] {
  const { reading } = whole;
  const at = [...path, 'on'];
  checkEnvironment(reading, shape.env ?? {}, [...path, 'env']);
  if (reading.wasWrong(at)) return whole.hosts.map((host) => ({ host, env: {} }));
  const places = written(whole, shape);
  const list = places.map((place) => place.host);
  if (Array.isArray(shape.on)) checkTwice(reading, list, at);
  if (list.length === 0) {
    const noHosts = whole.hosts.length === 0 && shape.on === undefined;
    const message = noHosts ? `${String(path.at(-1))} runs here, and there are no hosts` : 'the list of hosts is empty';
    reading.findings.add(
      'SF-169',
      shape.on === undefined ? path : at,
      message,
      noHosts
        ? 'Describe a host under `hosts`, or say `external: true`.'
        : 'Name hosts, or leave `on` out for every host.',
      { atKey: shape.on === undefined },
    );
  }
  const known = places.filter(({ host, env }, index) => {
    const where = typeof shape.on === 'string' ? at : Array.isArray(shape.on) ? [...at, index] : [...at, host];
    checkEnvironment(reading, env, [...at, host, 'env']);
    return shape.on === undefined || checkName(reading, 'host', host, where);
  });
  return known.filter((place, index) => known.findIndex((other) => other.host === place.host) === index);
}

function written(whole: Whole, shape: ServiceShape): Placement[] {
  const { on } = shape;
  if (on === undefined) return whole.hosts.map((host) => ({ host, env: {} }));
  if (typeof on === 'string') return [{ host: on, env: {} }];
  if (Array.isArray(on)) return on.map((host: string) => ({ host, env: {} }));
  return Object.entries(on).map(([host, place]) => ({ host, env: place?.env ?? {} }));
}
