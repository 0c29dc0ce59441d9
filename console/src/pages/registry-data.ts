// What the registry's lists are made of.
import { get } from '../core/api';
import { language } from '../core/i18n';
import type { Ctx } from '../core/router';

/** Whether this person may change more than a zone's card; the server judges again. */
export const mayChange = (ctx: Ctx): boolean => ['technician', 'admin'].some(role => ctx.me.roles.includes(role));

export interface Phone { name: string; phone: string; role?: string | null }
export interface Geometry { type: 'Polygon' | 'MultiPolygon'; coordinates: unknown }

export interface Row {
  id: string; name?: string | null; kind?: string | null; gateway?: string | null; zone?: string | null; street?: string | null; ward?: string | null;
  lat?: number | null; lon?: number | null; thresholds?: Record<string, number> | null; settings?: Record<string, number> | null;
  line?: number[][] | null; boundary?: Geometry | null; runbook?: string | null; phones?: Phone[]; registered?: boolean; replacedBy?: string | null;
  state: 'active' | 'decommissioned' | 'replaced'; revision: number; changedAt: string; text?: string;
}

export interface Tab { name: 'devices' | 'gateways' | 'zones' | 'streets' | 'gauges'; path: string; kind?: string; one: string; heads: string[] }

export const tabs: Tab[] = [
  { name: 'devices', path: 'devices', one: 'device', heads: ['name', 'kind', 'place', 'gateway', 'state'] },
  { name: 'gateways', path: 'gateways', one: 'gateway', heads: ['name', 'street', 'zone', 'state'] },
  { name: 'zones', path: 'zones', one: 'zone', heads: ['name', 'kind', 'ward', 'drawn', 'card', 'state'] },
  { name: 'streets', path: 'streets', one: 'street', heads: ['name', 'ward', 'course', 'state'] },
  { name: 'gauges', path: 'devices', kind: 'water_level', one: 'device', heads: ['name', 'stages', 'gateway', 'state'] },
];

export interface Kind { name: string; title: { vi: string; en: string }; rules: { name: string; parameters: Record<string, number | null> }[] }

let kinds: Promise<Kind[]> | null = null;
let known: Kind[] = [];

/** The catalogue, asked for once. */
export function deviceKinds(signal: AbortSignal): Promise<Kind[]> {
  kinds ??= get<{ items: Kind[] }>('/api/v1/kinds', signal).then(answer => (known = answer.items));
  kinds.catch(() => { kinds = null; });
  return kinds;
}

/** A kind in words, once the catalogue is there. */
export const kindTitle = (name: string): string => known.find(k => k.name === name)?.title[language()] ?? name;

/** Names that a kind's thresholds may have: the short ones, and rule by rule where several rules share one. */
export function thresholdNames(kind: Kind | undefined): string[] {
  const names = new Map<string, string[]>();
  for (const rule of kind?.rules ?? []) for (const name of Object.keys(rule.parameters)) names.set(name, [...names.get(name) ?? [], `${rule.name}.${name}`]);
  return [...names].flatMap(([name, full]) => (full.length === 1 ? [name] : full));
}

export const areaPoints = (g: Geometry): number => JSON.stringify(g.coordinates).split('],[').length;

/** A fault that is found before anything is sent. */
export class FieldFault extends Error {
  constructor(readonly field: string, readonly code: string) { super(code); }
}
