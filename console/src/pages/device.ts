// One device: what it says now, and what it has said.
import { get, messageOf, statusOf } from '../core/api';
import { chart, type Point } from '../core/chart';
import { h, put } from '../core/dom';
import { age, number, t, word } from '../core/i18n';
import type { Page } from '../core/router';
import { ageCell, table } from '../core/table';
import { at, isStale } from '../core/time';
import type { Device } from '../core/types';

const ranges: [string, number][] = [['1h', 3600e3], ['6h', 6 * 3600e3], ['24h', 86400e3], ['7d', 7 * 86400e3]];
const keep = { metric: '', range: '6h' };

interface Window { time: string; value: number; minimum?: number; maximum?: number }

const shown = (value: unknown): string => typeof value === 'number' ? number(value) : typeof value === 'boolean' ? t(`value.${value}`) : String(value);

export const page: Page = {
  route: 'device',
  nav: null,
  group: 'city',
  async show(box, [id = ''], ctx) {
    const path = `/api/v1/devices/${encodeURIComponent(id)}`;
    const plot = h('div', { class: 'plot' }), lines = chart({ label: t('device.metric') }), facts = h('div'), metric = h('select', { 'aria-label': t('device.metric') });
    const range = h('select', { 'aria-label': t('device.range') }, ranges.map(([name]) => h('option', { value: name }, t(`range.${name}`))));
    range.value = keep.range;

    const load = async (): Promise<void> => {
      const d = await get<Device>(path, ctx.signal);
      const values = Object.entries(d.values ?? {});
      const stale = isStale(d);
      const known: [string, string | null | undefined][] = [['devices.kind', word('type', d.kind)], ['devices.zone', d.zone], ['devices.street', d.street],
        ['devices.gateway', d.gateway], ['device.registered', t(d.registered === false ? 'word.no' : 'word.yes')]];
      put(facts, h('h2', {}, h('a', { href: '#/devices' }, t('nav.devices')), ' / ', d.id, d.name ? ` — ${d.name}` : ''),
        h('dl', { class: 'facts' }, known.filter(([, v]) => v).map(([k, v]) => h('div', {}, h('dt', {}, t(k)), h('dd', {}, v))),
          h('div', {}, h('dt', {}, t('devices.lastSeen')), h('dd', { class: stale ? 'stale' : '', 'data-age': at(d.lastSeen) || null }, age(at(d.lastSeen))))),
        table(['device.metric', 'device.value', 'device.age'], values.map(([name, v]) => h('tr', { class: stale ? 'stale' : '' },
          h('td', {}, word('metric', name), word('metric', name) === name ? null : h('span', { class: 'data' }, name)), h('td', { class: 'number' }, shown(v.value)), ageCell(at(v.measuredAt), stale)))));
      const metrics = values.filter(([, v]) => typeof v.value === 'number').map(([name]) => name);
      if (!metrics.includes(keep.metric)) keep.metric = metrics[0] ?? '';
      if (metrics.length !== metric.options.length) put(metric, metrics.map(m => h('option', { value: m }, word('metric', m))));
      metric.value = keep.metric;
    };
    const draw = async (): Promise<void> => {
      if (!keep.metric) { put(plot, h('p', { class: 'calm' }, t('device.noMetric'))); return; }
      const to = Date.now(), from = to - (ranges.find(([name]) => name === keep.range)?.[1] ?? 3600e3);
      const step = Math.max(1, Math.floor((to - from) / 1000 / 600));
      const query = new URLSearchParams({ metric: keep.metric, from: new Date(from).toISOString(), to: new Date(to).toISOString(), step: `${step}s` });
      const found = await get<{ items: Window[] }>(`${path}/history?${query}`, ctx.signal);
      const points: Point[] = found.items.map(p => ({ time: Date.parse(p.time), value: p.value, low: p.minimum, high: p.maximum })).filter(p => Number.isFinite(p.value));
      if (!points.length) { put(plot, h('p', { class: 'calm' }, t('device.noHistory'))); return; }
      if (lines.element.parentElement !== plot) put(plot, lines.element);
      lines.update({ series: [{ label: word('metric', keep.metric), points }], from, to });
    };
    const drawOrSay = (): void => void draw().catch((error: unknown) => {
      if (!ctx.signal.aborted) put(plot, h('p', { class: 'bad' }, t('error.load', { status: statusOf(error) }), ' ', h('span', { class: 'data' }, messageOf(error))));
    });
    ctx.signal.addEventListener('abort', () => lines.destroy());
    metric.addEventListener('change', () => { keep.metric = metric.value; drawOrSay(); });
    range.addEventListener('change', () => { keep.range = range.value; drawOrSay(); });
    put(box, facts, h('div', { class: 'tools' }, metric, range), plot);
    await load();
    drawOrSay();
    ctx.refresh(async () => { await load(); await draw(); }, 15);
  },
};
