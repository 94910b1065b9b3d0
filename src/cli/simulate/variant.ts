// A variant of a description: `--policy SERVICE=POLICY` and `--set KEY=VALUE` change the text before it is read, so that a variant is
// checked like any description.

import { isMap, parse, parseDocument } from 'yaml';
import { Failure } from '../failure.ts';

/** The text with the changes made. Fails with exit 2 on a change without `=`. */
export function variantOf(text: string, policies: readonly string[], sets: readonly string[]): string {
  if (policies.length === 0 && sets.length === 0) return text;
  const document = parseDocument(text);
  if (!isMap(document.contents)) return text;
  const change = (option: string, given: string, path: (key: string) => readonly string[]): void => {
    const at = given.indexOf('=');
    if (at < 1 || at === given.length - 1)
      throw new Failure({
        code: 'SF-002',
        what: `${option} ${given} says no value`,
        next: `Write it as ${option === '--set' ? 'hosts.a.mtbf=30d' : 'pricer=hot-active/cold-passive'}.`,
        exit: 2,
      });
    const steps = path(given.slice(0, at));
    // Flow or block, what is not a mapping yet becomes one.
    for (let depth = 1; depth < steps.length; depth += 1) {
      const above = document.getIn(steps.slice(0, depth));
      if (!isMap(above)) document.setIn(steps.slice(0, depth), document.createNode({}));
    }
    document.setIn(
      steps,
      document.createNode(option === '--set' ? (parse(given.slice(at + 1)) as unknown) : given.slice(at + 1)),
    );
  };
  for (const given of policies) change('--policy', given, (service) => ['services', service, 'policy']);
  for (const given of sets) change('--set', given, (key) => pathOf(key, (path) => document.hasIn(path)));
  return document.toString();
}

/** A key from the top (`objective.per`, `services.pricer.prefer`), or from a service, host or domain (`pricer.prefer`). */
function pathOf(key: string, has: (path: readonly string[]) => boolean): readonly string[] {
  const steps = key.split('.');
  const [first = ''] = steps;
  if (has([first])) return steps;
  const section = ['services', 'hosts', 'domains'].find((each) => has([each, first]));
  return section === undefined ? steps : [section, ...steps];
}
