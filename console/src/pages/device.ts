// One device: how it looks, what it says now, what it has said, where it is, how it is judged, and what it can be asked.
import './device.css';
import { get, told } from '../core/api';
import { chart, type Level } from '../core/chart';
import { h, put, say } from '../core/dom';
import { history } from '../core/history';
import { age, moment, number, t, word } from '../core/i18n';
import { kindWord, kinds, metricWord, type Kind } from '../core/kinds';
import { cityAreas, placeName } from '../core/names';
import { minimap } from '../core/minimap';
import type { Ctx, Page } from '../core/router';
import { badge, staleWord, type State } from '../core/state';
import { ageCell, table } from '../core/table';
import { at, isStale } from '../core/time';
import type { Alert, Device, Page as Items } from '../core/types';
import { alerts, commands, rules } from './device-parts';

type Full = Device & { thresholds?: Record<string, number> | null; replacedBy?: string | null };
interface Gateway { id: string; name?: string | null; connected?: boolean | null; lat?: number | null; lon?: number | null }

const ranges: [string, number][] = [['1h', 3600e3], ['6h', 6 * 3600e3], ['24h', 86400e3], ['7d', 7 * 86400e3], ['30d', 30 * 86400e3]];
const keep = { metric: '', range: '6h' };
const dull = new Set(['fault_code', 'battery_volt', 'energy_kwh', 'burning_hours', 'switch_on_count', 'loop_state']);

const shown = (value: unknown): string => typeof value === 'number' ? number(value) : typeof value === 'boolean' ? t(`value.${value}`) : String(value);

/** Lines across the chart where a rule of this metric begins. */
function levelsOf(kind: Kind | undefined, metric: string, own: Record<string, number>): Level[] {
  const value = (rule: string, name: string, kinds: number | null | undefined): number => own[`${rule}.${name}`] ?? own[name] ?? kinds ?? NaN;
  const found = (kind?.rules ?? []).filter(r => r.metrics.length === 1 && r.metrics[0] === metric).flatMap(r => {
    if (r.form === 'stage') return ['I', 'II', 'III'].map((name, i) => ({ value: value(r.name, name, r.parameters[name]), label: word('stage', name), tone: ['minor', 'major', 'critical'][i]! }));
    if (r.form === 'above' || r.form === 'below') return [{ value: value(r.name, 'raise', r.parameters.raise), label: word('rule', r.name), tone: r.kind ? r.severity : 'major' }];
    return [];
  });
  return found.filter(l => Number.isFinite(l.value));
}

/** How it looks: the worst that is open, else whether it is heard. */
function stateOf(d: Full, open: Alert[]): State {
  const order: State[] = ['critical', 'major', 'minor', 'info'];
  const live = order.find(s => open.some(a => a.severity === s && !a.test));
  return live ?? (open.length ? 'test' : !isStale(d) ? 'ok' : d.unanswered ? 'unknown' : d.lastSeen ? 'stale' : 'never');
}

export const page: Page = {
  route: 'device',
  nav: null,
  group: 'city',
  async show(box, [id = ''], ctx) {
    const path = `/api/v1/devices/${encodeURIComponent(id)}`;
    const [first, catalogue] = await Promise.all([get<Full>(path, ctx.signal), kinds()]);
    const kind = catalogue.get(first.kind), own = first.thresholds ?? {};
    const state = h('div', { class: 'device-state' }), values = h('div'), facts = h('dl', { class: 'facts device-facts' });
    const place = h('div', { class: 'device-place' }), history = h('section'), listed = h('section'), asked = h('section');
    put(box, h('p', { class: 'more' }, h('a', { href: '#/devices' }, t('nav.devices')), ` / ${kindWord(kind, first.kind)}`),
      h('div', { class: 'device-head' }, h('div', {}, h('h2', {}, first.name ?? id), h('p', { class: 'data' }, id)), state),
      h('div', { class: 'device-grid' }, h('section', {}, h('h3', {}, t('device.values')), values), h('section', {}, facts, asked, place)),
      history, listed, rules(kind, own));

    const drawing = plot(history, id, kind, own, ctx);
    const may = commands(asked, id, ctx);
    const load = async (): Promise<void> => {
      const [d, open] = await Promise.all([get<Full>(path, ctx.signal), get<Items<Alert>>(`/api/v1/alerts?state=open&device=${encodeURIComponent(id)}&limit=50`, ctx.signal)]);
      const old = isStale(d);
      put(state, badge(stateOf(d, open.items)), d.state && d.state !== 'active' ? h('span', { class: 'stale-word' }, t(`service.${d.state}`)) : null,
        old ? staleWord(d.unanswered, d.lastSeen ? 'look.stale' : 'look.never') : null,
        h('span', { class: 'device-seen' }, t('device.seen'), ' ', h('b', { 'data-age': at(d.lastSeen) || null, title: d.lastSeen ? moment(at(d.lastSeen)) : null }, !d.lastSeen && d.unanswered ? '?' : age(at(d.lastSeen)))));
      drawing.metrics(d);
      if (!values.contains(document.activeElement)) put(values, valueTable(d, kind, drawing.choose));
    };
    await load();
    await Promise.all([about(facts, place, first, kind, ctx), drawing.draw(), alerts(listed, id, ctx), may.load()]);
    ctx.refresh(load, 5);
    ctx.refresh(async () => { await Promise.all([drawing.draw(), alerts(listed, id, ctx), may.load()]); }, 15);
    ctx.onAlert(alert => { if (alert.device === id) void load().then(() => alerts(listed, id, ctx)).catch(() => undefined); });
  },
};

function valueTable(d: Full, kind: Kind | undefined, choose: (metric: string) => void): HTMLElement {
  const entries = Object.entries(d.values ?? {}), limit = 3 * (d.intervalSeconds ?? 300) * 1000;
  if (entries.length === 0) return h('p', { class: 'more' }, d.unanswered ? t('look.unanswered', { server: d.unanswered }) : t('device.noValues'));
  return table(['device.metric', 'device.value', 'device.age'], entries.map(([name, v]) => {
    const old = Date.now() - at(v.measuredAt) > limit;
    const title = metricWord(kind, name);
    return h('tr', { class: old ? 'hatched' : '' },
      h('td', { class: 'wrap' }, typeof v.value === 'number' ? h('button', { class: 'device-metric', 'aria-pressed': String(keep.metric === name), onclick: () => choose(name) }, title) : title),
      h('td', { class: 'number device-value' }, shown(v.value)), ageCell(at(v.measuredAt), old));
  }));
}

async function about(facts: HTMLElement, place: HTMLElement, d: Full, kind: Kind | undefined, ctx: Ctx): Promise<void> {
  const gateway = d.gateway ? await get<Gateway>(`/api/v1/gateways/${encodeURIComponent(d.gateway)}`, ctx.signal).catch(() => null) : null;
  await cityAreas().catch(() => null);
  const link = (field: 'zone' | 'gateway', value: string): HTMLElement => h('a', { href: `#/devices/${field}/${encodeURIComponent(value)}`, title: value }, placeName(field, value));
  const rows: [string, Node | string | null | undefined][] = [
    ['devices.kind', kindWord(kind, d.kind)], ['devices.zone', d.zone ? link('zone', d.zone) : null], ['devices.street', d.street ? placeName('street', d.street) : null],
    ['devices.gateway', d.gateway ? h('span', {}, link('gateway', d.gateway), gateway ? h('div', { class: gateway.connected === false ? 'bad' : 'more' }, t(gateway.connected === false ? 'device.gatewayAway' : gateway.connected ? 'device.gatewayHere' : 'gateways.unknown')) : null) : null],
    ['device.interval', d.intervalSeconds ? age(1, 1 + d.intervalSeconds * 1000) : null], ['device.registered', d.registered === false ? t('word.no') : null],
    ['device.replacedBy', d.replacedBy ? h('a', { href: `#/device/${encodeURIComponent(d.replacedBy)}` }, d.replacedBy) : null],
    ['device.place', d.lat && d.lon ? `${d.lat.toFixed(5)}, ${d.lon.toFixed(5)}` : null],
  ];
  put(facts, rows.filter(([, v]) => v).map(([k, v]) => h('div', {}, h('dt', {}, t(k)), h('dd', {}, v))),
    ['technician', 'admin'].some(role => ctx.me.roles.includes(role)) ? h('div', {}, h('dt', {}, t('device.registry')), h('dd', {}, h('a', { href: `#/registry/devices/${encodeURIComponent(d.id)}` }, t('device.edit')))) : null);
  const lat = d.lat ?? gateway?.lat, lon = d.lon ?? gateway?.lon;
  const drawn = lat && lon ? await minimap(lat, lon, d.name ?? d.id).catch(() => null) : null;
  put(place, drawn ? h('a', { href: `#/map/device/${encodeURIComponent(d.id)}`, title: t('device.onMap') }, drawn) : null);
}

/** The chart of one metric: a range that ends now, or a stretch that was dragged over, read again as finely as it can be shown. */
function plot(box: HTMLElement, id: string, kind: Kind | undefined, own: Record<string, number>, ctx: Ctx): { metrics(d: Full): void; choose(metric: string): void; draw(): Promise<void> } {
  let stretch: { from: number; to: number } | null = null, asked = 0;
  const metric = h('select', { 'aria-label': t('device.metric') }), said = h('p', { class: 'more' }), frame = h('div');
  const lines = chart({ label: t('device.history'), height: 15, zoom: to => { stretch = to; buttons(); drawOrSay(); } });
  const all = h('button', { hidden: true, onclick: () => { stretch = null; buttons(); drawOrSay(); } }, t('device.wholeRange'));
  const choices = ranges.map(([name]) => h('button', { 'aria-pressed': 'false', onclick: () => { keep.range = name; stretch = null; buttons(); drawOrSay(); } }, t(`range.${name}`)));
  const buttons = (): void => {
    choices.forEach((b, i) => b.setAttribute('aria-pressed', String(!stretch && ranges[i]![0] === keep.range)));
    all.hidden = !stretch;
  };
  ctx.signal.addEventListener('abort', () => lines.destroy());
  metric.addEventListener('change', () => choose(metric.value));
  put(box, h('h3', {}, t('device.history')), h('div', { class: 'tools device-ranges' }, metric, choices, all), frame, said);
  buttons();

  function choose(name: string): void {
    keep.metric = metric.value = name;
    drawOrSay();
  }

  async function draw(): Promise<void> {
    if (!keep.metric) { say(said, t('device.noMetric')); return; }
    const mine = ++asked, name = keep.metric, now = Date.now();
    const { from, to } = stretch ?? { from: now - (ranges.find(([r]) => r === keep.range)?.[1] ?? 3600e3), to: now };
    const points = await history(id, name, from, to, ctx.signal, 500);
    if (mine !== asked || ctx.signal.aborted) return;
    if (!points.length) { frame.replaceChildren(); say(said, t('device.noHistory')); return; }
    say(said, t('device.zoomHelp'));
    if (!lines.element.isConnected) put(frame, lines.element);
    lines.update({ series: [{ label: metricWord(kind, name), points }], from, to, levels: levelsOf(kind, name, own) });
  }

  const drawOrSay = (): void => void draw().catch((error: unknown) => {
    if (!ctx.signal.aborted) say(said, told(error));
  });

  return {
    choose, draw,
    metrics(d) {
      const names = Object.entries(d.values ?? {}).filter(([, v]) => typeof v.value === 'number').map(([name]) => name);
      if (!names.includes(keep.metric)) keep.metric = names.find(name => !dull.has(name)) ?? names[0] ?? '';
      if (names.length !== metric.options.length) put(metric, names.map(name => h('option', { value: name }, metricWord(kind, name))));
      metric.value = keep.metric;
      metric.hidden = names.length === 0;
    },
  };
}
