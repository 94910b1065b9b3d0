// Services × hosts, the broken first.

import type { InstanceView, ServiceView, StatusView } from '../../api.ts';
import type { Phase } from '../../model/states.ts';
import type { Severity } from '../../model/system.ts';
import { columns } from '../columns.ts';
import type { Column } from '../columns.ts';
import type { Style, Terminal } from '../terminal.ts';
import { safe } from '../text.ts';

/** Colour is never the only sign: every phase has a glyph and its word. */
const glyphs: Readonly<Record<Phase, readonly [glyph: string, style: Style]>> = {
  active: ['●', 'good'],
  standby: ['○', 'good'],
  passive: ['○', 'good'],
  starting: ['◌', 'wait'],
  stopping: ['◌', 'wait'],
  down: ['·', 'dim'],
  failed: ['✗', 'bad'],
  unknown: ['?', 'bad'],
};

/** More hosts than this are not columns of their own. */
const mostHostColumns = 5;

/** One line a service, or more where it is narrow. `most` services at most; the rest is counted. */
export function grid(view: StatusView, terminal: Terminal, most: number = Infinity): string[] {
  const services = view.services.toSorted((a, b) => gravity(b.severity) - gravity(a.severity));
  const shown = services.slice(0, most);
  const hosts = view.hosts.map((host) => host.name);
  const asColumns = hosts.length <= mostHostColumns;
  const heads: Column[] = [
    { title: '' },
    ...(asColumns ? hosts.map((): Column => ({ title: '' })) : [{ title: '', wraps: true } as const]),
    { title: '', ...(asColumns ? { wraps: true as const } : {}) },
    { title: '', optional: 1 },
  ];
  const rows = shown.map((service) => [
    safe(service.name),
    ...(asColumns ? hosts.map((host) => cell(service, host, terminal)) : [allCells(service, terminal)]),
    note(service),
    policyText(service),
  ]);
  const lines = columns(heads, rows, { width: terminal.columns(), indent: 2, titles: false });
  const hidden = services.slice(shown.length);
  if (hidden.length > 0) {
    const fine = hidden.every((service) => service.severity === 0);
    lines.push(`  … and ${hidden.length} more${fine ? ', all as planned' : ''}`);
  }
  return lines;
}

/** `a ● active`, and what it should be when that is something else. */
export function instanceText(instance: InstanceView, terminal: Terminal): string {
  const [glyph, style] = glyphs[instance.phase];
  const bad = instance.severity === 1 || instance.severity === 2 ? 'bad' : style;
  const wrong = instance.phase !== instance.planned && instance.phase !== 'unknown';
  const toBe = wrong ? ` → ${instance.planned}` : '';
  return `${safe(instance.host)} ${terminal.paint(bad, `${glyph} ${instance.phase}`)}${toBe}`;
}

function cell(service: ServiceView, host: string, terminal: Terminal): string {
  const instance = service.instances.find((each) => each.host === host);
  return instance === undefined ? '' : instanceText(instance, terminal);
}

function allCells(service: ServiceView, terminal: Terminal): string {
  return service.instances.map((instance) => instanceText(instance, terminal)).join('  ');
}

function note(service: ServiceView): string {
  const parts: string[] = [];
  if (service.external !== null) parts.push(externalText(service.external));
  if (service.paused) parts.push('paused');
  if (service.scheduledDown) parts.push(downWords(service));
  const reasons = service.instances.filter((instance) => instance.reason !== null);
  for (const instance of reasons)
    parts.push(
      service.instances.length === 1
        ? safe(instance.reason ?? '')
        : `${safe(instance.host)}: ${safe(instance.reason ?? '')}`,
    );
  return parts.join('; ');
}

/** Why it is down as planned, and who wanted it so. */
export function downWords({ downBecause }: ServiceView): string {
  const by = safe(downBecause?.by ?? '') || 'somebody';
  switch (downBecause?.kind) {
    case 'asked':
      return `stopped, as ${by} asked`;
    case 'maintenance':
      return `in maintenance, as ${by} asked`;
    case 'finished':
      return 'finished';
    case 'removed':
      return 'removed';
    default:
      return 'scheduled';
  }
}

function externalText(external: NonNullable<ServiceView['external']>): string {
  if (external.ok === null) return 'not watched';
  return external.ok ? '● answers' : `✗ does not answer${external.reason === null ? '' : `: ${safe(external.reason)}`}`;
}

function policyText(service: ServiceView): string {
  if (service.external !== null) return 'external';
  return service.policy === 'single' ? '' : service.policy;
}

/** 1 is graver than 2, 2 than 3. */
function gravity(severity: Severity): number {
  return severity === 0 ? 0 : 4 - severity;
}
