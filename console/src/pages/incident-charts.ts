// The readings of an incident's first devices, from ten minutes before it began: what an officer looks at to tell a fire from a kettle.
import { get } from '../core/api';
import { chart } from '../core/chart';
import { h, put } from '../core/dom';
import { t, word } from '../core/i18n';
import type { Ctx } from '../core/router';
import { at } from '../core/time';
import type { Device } from '../core/types';
import type { IncidentDetail } from './incident';

const devicesDrawn = 4, before = 10 * 60_000, after = 10 * 60_000, pointsWanted = 300;
const dull = new Set(['fault_code', 'battery_volt', 'energy_kwh', 'burning_hours', 'switch_on_count']);

interface History { items: { time: string; value: number; minimum?: number; maximum?: number }[] }

export async function around(box: HTMLElement, incident: IncidentDetail, ctx: Ctx): Promise<void> {
  const from = at(incident.openedAt) - before;
  const to = Math.min(Date.now(), incident.closedAt ? at(incident.closedAt) + after : Date.now());
  const drawn = await Promise.all(incident.deviceIds.slice(0, devicesDrawn).map(id => one(id, from, to, ctx).catch(() => null)));
  if (ctx.signal.aborted) return;
  const found = drawn.filter(d => d !== null);
  put(box, h('h3', {}, t('incident.charts')), found.length ? found : h('p', { class: 'more' }, t('incident.noChart')));
}

async function one(id: string, from: number, to: number, ctx: Ctx): Promise<HTMLElement | null> {
  const path = `/api/v1/devices/${encodeURIComponent(id)}`;
  const device = await get<Device>(path, ctx.signal);
  const metric = Object.entries(device.values ?? {}).find(([name, v]) => typeof v.value === 'number' && !dull.has(name))?.[0];
  if (!metric) return null;
  const step = Math.max(1, Math.ceil((to - from) / 1000 / pointsWanted));
  const query = new URLSearchParams({ metric, from: new Date(from).toISOString(), to: new Date(to).toISOString(), step: `${step}s` });
  const page = await get<History>(`${path}/history?${query}`, ctx.signal);
  const points = page.items.map(p => ({ time: Date.parse(p.time), value: p.value, low: p.minimum, high: p.maximum })).filter(p => Number.isFinite(p.value));
  if (!points.length) return null;
  const lines = chart({ label: `${id} ${word('metric', metric)}`, height: 9 });
  lines.update({ series: [{ label: word('metric', metric), points }], from, to, marks: [{ time: from + before, label: '' }] });
  ctx.signal.addEventListener('abort', () => lines.destroy());
  return h('div', {}, h('p', { class: 'more' }, h('a', { href: `#/device/${encodeURIComponent(id)}` }, id), ` · ${word('metric', metric)}`), lines.element);
}
