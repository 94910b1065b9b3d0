// Property files as the Java processes read them: name=value lines, `includefiles=` in their place, and stanzas
// `[service.name=one|two] { … }` that hold for some processes only. A later line goes over an earlier one.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What holds for `service`: common properties first, its own file over them. Throws when a file that is included cannot be read. */
export function propertiesOf(service, resources) {
  const found = new Map();
  for (const file of [commonFile(resources), 'iris-environment.prop', ownFile(service)])
    if (existsSync(join(resources, file))) take(join(resources, file), service, resources, found);
  return found;
}

function ownFile(service) {
  return service === 'db_query_server' ? 'iris-query-server.prop' : `${service}.prop`;
}

/** Older installations have no iris-common.prop, and the oldest no openapi-defaults.prop either. */
function commonFile(resources) {
  return existsSync(join(resources, 'iris-common.prop')) ? 'iris-common.prop' : 'openapi-defaults.prop';
}

function take(path, service, resources, found) {
  let applies = true;
  for (const raw of readFileSync(path, 'utf8').split('\n')) {
    const line = raw.trim();
    const stanza = /^\[service\.name=([^\]]+)\]\s*\{$/.exec(line);
    if (stanza !== null) applies = stanza[1].split('|').includes(service);
    else if (line === '}') applies = true;
    else if (applies && line !== '' && !line.startsWith('#')) {
      const at = line.indexOf('=');
      const name = at === -1 ? line : line.slice(0, at).trim();
      const value = at === -1 ? '' : line.slice(at + 1).trim();
      if (name === 'includefiles')
        for (const file of value.split(',')) take(join(resources, file), service, resources, found);
      else found.set(name, value);
    }
  }
}
