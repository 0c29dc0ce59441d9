// The map: where one begins. Every device, its state by colour and shape, and a beacon for each incident that waits.
import * as alerts from '../core/alerts';
import { get } from '../core/api';
import { cityMap, mapButtons } from '../core/anymap';
import { CityData, passes, states, type DeviceRow, type Filter, type State } from '../core/citydata';
import type { MapActs } from '../core/citymap';
import { h, notice, put, say } from '../core/dom';
import { number, t, word } from '../core/i18n';
import { deviceLooks, icon, palette } from '../core/mapstyle';
import { placeName } from '../core/names';
import type { Ctx, Page } from '../core/router';
import { age } from '../core/time';
import type { Device } from '../core/types';
import './map.css';

const keep: Filter = { hidden: new Set<State>(), kind: '' };
const readEvery = 2; // seconds
const untouched = 20_000; // ms after which the map may move by itself to a new fire

export const page: Page = { route: 'map', nav: 'nav.map', group: 'watch', show: (box, args, ctx) => show(box, args, ctx, false) };

/** The same map on the wall: larger, nothing to press, and it turns to the worst by itself. */
export async function show(box: HTMLElement, [what, id]: string[], ctx: Ctx, wall: boolean): Promise<void> {
  const data = new CityData();
  const canvas = h('div', { class: 'city-canvas', 'data-keys': true });
  const card = h('div', { class: 'map-card', hidden: true, 'aria-live': 'polite' });
  const read = h('span', { class: 'map-age', 'data-stale-after': 15 });
  const looks = h('div', { class: 'map-states', role: 'group', 'aria-label': t('map.legend') });
  const legend = h('div', { class: 'map-legend' }, looks);
  const city = h('div', { class: 'city' }, canvas, card, legend, read);
  put(box, h('h1', { class: 'unseen' }, t('map.title')), city);

  const acts: MapActs<DeviceRow> = {
    device: row => void showDevice(card, row, ctx).catch((error: unknown) => { if (!ctx.signal.aborted) notice(String(error), true); }),
    several: rows => showSeveral(card, rows, acts),
    incident: group => { alerts.choose(group.key); ctx.go(group.incident ? `#/incidents/${encodeURIComponent(group.incident)}` : `#/alerts/${encodeURIComponent(group.lead.id)}`); },
    nothing: () => { card.hidden = true; },
  };
  const { map, flat } = await cityMap(canvas, { scale: wall ? Math.max(1, innerWidth / 2400) : Math.max(1, innerWidth / 2200), interactive: !wall, looks: deviceLooks, acts }, ctx.signal);
  if (!map) return;
  if (flat && !wall) legend.append(h('p', { class: 'more' }, t('map.flat')));

  const filtered = (): void => { map.devices(data.rows, row => passes(row, keep), null); drawLegend(); };
  const drawLegend = (): void => legendOf(looks, data, wall, filtered);
  const beacons = (): void => map.beacons(alerts.open(), group => data.place(group.lead), alerts.current()?.key ?? null);
  if (!wall) {
    const kind = h('select', { 'aria-label': t('map.kind') });
    kind.addEventListener('change', () => { keep.kind = kind.value; filtered(); });
    legend.prepend(kind);
    city.append(mapButtons(map));
  }

  const load = async (): Promise<void> => {
    const changed = await data.read(ctx.signal);
    map.devices(data.rows, row => passes(row, keep), changed);
    read.dataset.age = String(Date.now());
    if (changed === null || changed.length) { drawLegend(); beacons(); }
    const select = legend.querySelector('select');
    if (select && changed === null) {
      put(select, h('option', { value: '' }, t('map.allKinds')), data.kinds().map(([name, n]) => h('option', { value: name }, `${word('type', name)} (${number(n)})`)));
      select.value = keep.kind;
    }
  };
  document.addEventListener('theme', drawLegend, { signal: ctx.signal });
  ctx.onAlert(alert => {
    if (data.take(alert)) { map.devices(data.rows, row => passes(row, keep), [alert.device!]); drawLegend(); }
    beacons();
  });
  alerts.onChoice((group, byHand) => {
    beacons();
    const place = group ? data.place(group.lead) : null;
    if (!group || !place) { if (wall) map.whole(); return; }
    if (byHand) { map.fly(place, 16); return; }
    if (!wall && performance.now() - map.movedAt() < untouched) return; // somebody is looking at something
    const worst = alerts.open().filter(one => one.severity === 'critical' && one.waiting > 0 && !one.test).slice(0, 40).map(one => data.place(one.lead)).filter(found => found !== null);
    if (worst.length > 1) map.fit(worst);
    else if (worst.length === 1) map.fly(worst[0]!, wall ? 15 : 16);
    else if (wall) map.whole();
  }, ctx.signal);
  await load();
  ctx.refresh(load, readEvery);
  const beat = setInterval(beacons, 1000); // what was acknowledged elsewhere loses its ring
  ctx.signal.addEventListener('abort', () => clearInterval(beat));
  if (what === 'device' && id) {
    const row = data.rows.get(id);
    if (row) { map.fly([row.lon, row.lat], 17); acts.device(row); }
  }
}

function legendOf(box: HTMLElement, data: CityData, wall: boolean, filtered: () => void): void {
  const counts = data.counts(), p = palette();
  const shown: State[] = [...states].reverse();
  const text = JSON.stringify([counts, [...keep.hidden], document.documentElement.dataset.theme, document.documentElement.lang]);
  if (box.dataset.is === text) return;
  box.dataset.is = text;
  const focused = box.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset.state : undefined;
  put(box, shown.filter(state => counts[state] > 0 || keep.hidden.has(state)).map(state => {
    const mark = h('canvas', { width: 56, height: 56, 'aria-hidden': 'true' });
    mark.getContext('2d')?.putImageData(icon(state, p), 0, 0);
    const label = [mark, `${t(`look.${state}`)} `, h('b', {}, number(counts[state]))];
    return wall ? h('span', { class: 'look' }, label) : h('button', {
      'data-state': state, 'aria-pressed': String(!keep.hidden.has(state)),
      onclick: () => { if (!keep.hidden.delete(state)) keep.hidden.add(state); filtered(); },
    }, label);
  }));
  if (focused) box.querySelector<HTMLElement>(`[data-state=${focused}]`)?.focus();
}

async function showDevice(card: HTMLElement, row: DeviceRow, ctx: Ctx): Promise<void> {
  const inside = h('div');
  open(card, row.id, inside);
  const draw = (name: string | null | undefined): void => {
    const open = [...alerts.everyOpen()].filter(alert => alert.device === row.id);
    put(inside, name ? h('p', {}, name) : null,
      h('dl', { class: 'facts' }, ([['map.kind', word('type', row.kind)], ['map.state', t(`look.${row.state}`)], ['alert.zone', row.zone ? placeName('zone', row.zone) : '']] as const)
        .filter(([, v]) => v).map(([k, v]) => h('div', {}, h('dt', {}, t(k)), h('dd', {}, v))),
      h('div', {}, h('dt', {}, t('map.lastSeen')), h('dd', { 'data-age': row.lastSeen || null }, age(row.lastSeen)))),
      open.length ? h('ul', {}, open.map(alert => h('li', {}, h('a', { href: `#/alerts/${encodeURIComponent(alert.id)}` }, `${word('kind', alert.kind)} · ${word('state', alert.state)}`)))) : null,
      h('p', {}, h('a', { href: `#/device/${encodeURIComponent(row.id)}` }, t('map.openDevice'))));
  };
  draw(null);
  const device = await get<Device>(`/api/v1/devices/${encodeURIComponent(row.id)}`, ctx.signal).catch(() => null);
  if (device && !ctx.signal.aborted) draw(device.name);
}

function showSeveral(card: HTMLElement, rows: DeviceRow[], acts: MapActs<DeviceRow>): void {
  const inside = h('div', {}, h('ul', {}, rows.slice(0, 60).map(row => h('li', {}, h('button', { class: 'plain', onclick: () => acts.device(row) }, `${row.id} · ${t(`look.${row.state}`)}`)))));
  open(card, t('map.several', { n: number(rows.length) }), inside);
}

function open(card: HTMLElement, title: string, inside: HTMLElement): void {
  put(card, h('button', { class: 'shut', 'aria-label': t('map.shut'), onclick: () => { card.hidden = true; } }, '×'), h('h2', {}, title), inside);
  card.hidden = false;
  say(card.querySelector('h2')!, title);
}
