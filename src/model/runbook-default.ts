// The runbook that a service has without anybody writing one, as Markdown made of its description: what to look at first, then what mends it,
// the mildest first, each proved before the next is tried. It is written like any other, so that it can be saved, edited and kept.

import { shellWord } from './shell-quote.ts';
import { isLeased, type Need, type RunService, type Service } from './system.ts';

/** The Markdown. `about`, `impact` and names come from the description; what runs is quoted for the shell. */
export function defaultRunbook(service: Service): string {
  const parts = [
    `# When ${inText(service.name)} is in trouble`,
    ...(service.about === null ? [] : [inText(service.about)]),
    [
      `- Severity ${service.severity} when it is down and should be up. ${service.impact === null ? 'No impact is described.' : `Impact: ${inText(service.impact)}`}`,
      service.kind === 'run'
        ? `- Policy \`${service.policy}\` on ${service.on.map(({ host }) => host).join(', ')}.`
        : '- Others run it: nothing here can restart it.',
      `- It needs: ${needText(service.needs)}.`,
    ].join('\n'),
    ...(service.kind === 'run' ? ownSteps(service) : []),
    ...needSteps(service),
    ...(service.kind === 'run' ? mendingSteps(service) : externalSteps()),
    '## It is as it should be again',
    'The run has done its work only when this holds.',
    fence('check', stands('"${service}"')),
  ];
  return `${parts.join('\n\n')}\n`;
}

const self = 'standfast --system "${system}"';
/** A finding: it is noted, and the run goes on to the next heading. */
const finding = 'otherwise=next';

function ownSteps(service: RunService): string[] {
  const steps = [
    '## Does it run?',
    'The process that Standfast started on this host.',
    fence(`check ${finding}`, 'test -n "${pid}"\nps -o pid=,etime=,rss=,args= -p "${pid}"'),
    '## What did it write last?',
    fence(`check ${finding}`, 'tail -n 15 "${log}"'),
  ];
  if (service.log !== null && service.log.started !== null)
    steps.push(
      '## Did it say that it has started?',
      fence(`check ${finding}`, `grep -c -E -e ${shellWord(service.log.started)} -- "\${log}"`),
    );
  if (service.files.length > 0)
    steps.push(
      '## Are its files there, and as described?',
      'A restart does not bring back a file: when this fails, that is the likely cause.',
      fence(`check ${finding}`, service.files.flatMap(fileLines).join('\n')),
    );
  return steps;
}

function fileLines(file: RunService['files'][number]): string[] {
  const path = pathText(file.path);
  const lines = [`ls -ld -- ${path}`];
  if (file.mode !== null)
    lines.push(`test "$(stat -c %a -- ${path})" = ${String(Number.parseInt(file.mode, 8).toString(8))}`);
  if (file.owner !== null)
    lines.push(`test "$(stat -c ${/^\d+$/.test(file.owner) ? '%u' : '%U'} -- ${path})" = ${shellWord(file.owner)}`);
  if (file.group !== null)
    lines.push(`test "$(stat -c ${/^\d+$/.test(file.group) ? '%g' : '%G'} -- ${path})" = ${shellWord(file.group)}`);
  return lines;
}

function needSteps(service: Service): string[] {
  const names = [...new Set(namesIn(service.needs))];
  if (names.length === 0) return [];
  return [
    '## Does what it needs stand?',
    'When this fails, mend that first: its own runbook says how.',
    ...names.map((name) => fence(`check ${finding}`, stands(shellWord(name)))),
  ];
}

function mendingSteps(service: RunService): string[] {
  const within = `within=${settleSeconds(service)}s`;
  const here = '"${service}@${host}"';
  const proof = fence(`check ${within} ${finding}`, stands(here));
  const steps = [
    '## Restart it',
    'Left out when it is as it should be. Where it does not run, it is tried at once.',
    fence('check', stands(here)),
    // One that does not run waits for its next try, ever longer: `start` forgets its failures and tries at once.
    fence(
      `do ${finding}`,
      [
        'if test -n "${pid}"',
        `then ${self} restart ${here} --why "runbook \${run}"`,
        `else ${self} start ${here} --why "runbook \${run}"`,
        'fi',
      ].join('\n'),
    ),
    'It has its time to come up; then:',
    proof,
  ];
  const { alternative } = service.restart;
  if (alternative !== null)
    steps.push(
      '## Start it the other way',
      `After failed starts Standfast starts it by \`${inText(alternative.kind === 'shell' ? alternative.line : alternative.argv.join(' '))}\`. This makes it try at once, without waiting for its next try.`,
      fence('check', stands(here)),
      fence(`do ${finding}`, `${self} start ${here} --why "runbook \${run}"`),
      proof,
    );
  if (isLeased(service))
    steps.push(
      '## Let another host take over',
      'Left out when it is served. What was active is stopped in order first.',
      fence('check', stands('"${service}"')),
      fence(`do ${finding}`, `${self} failover "\${service}" --why "runbook \${run}"`),
      fence(`check ${within} ${finding}`, stands('"${service}"')),
    );
  return steps;
}

function externalSteps(): string[] {
  return [
    '## Call those who run it',
    'Nothing here can mend it. Tell them what Standfast sees:',
    fence(`check ${finding}`, `${self} explain "\${service}"`),
    fence('check', stands('"${service}"')),
    '```person\nCall those who run it, with what stands above, and wait until they say that it is mended.\n```',
  ];
}

function stands(subject: string): string {
  return `${self} runbook stands ${subject}`;
}

function fence(words: string, text: string): string {
  // A name with backticks in it must not end the block.
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const ticks = '`'.repeat(longest + 1);
  return `${ticks}sh ${words}\n${text}\n${ticks}`;
}

/** Stop, start and activation have their own times; all of them together, and some more. */
function settleSeconds(service: RunService): number {
  const waits = service.stop.forcedAfter + (service.ready?.within ?? 0) + (service.active?.within ?? 0);
  return Math.ceil(waits / 1000) + 5;
}

/** One word for the shell, `${NAME}` of the description kept as a variable. */
function pathText(path: string): string {
  return path
    .split(/(\$\{\w+\})/)
    .filter((part) => part !== '')
    .map((part) => (/^\$\{\w+\}$/.test(part) ? `"${part}"` : shellWord(part)))
    .join('');
}

/** On one line, without what Markdown would take for its own. */
function inText(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[\\`*_<>[\]#|]/g, (char) => `\\${char}`);
}

function namesIn(need: Need | null): string[] {
  if (need === null) return [];
  return need.kind === 'service' ? [need.name] : need.of.flatMap(namesIn);
}

function needText(need: Need | null): string {
  if (need === null) return 'nothing';
  switch (need.kind) {
    case 'service':
      return inText(need.name);
    case 'all':
      return need.of.map(needText).join(', ');
    case 'anyOf':
      return `any of (${need.of.map(needText).join(', ')})`;
    case 'atLeast':
      return `at least ${need.k} of (${need.of.map(needText).join(', ')})`;
    default:
      return need satisfies never;
  }
}
