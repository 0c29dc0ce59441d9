// What stands where: devices, gateways, zones, streets and gauges, to look for, to make and to change.
import { all } from '../core/api';
import { h, put, type Child } from '../core/dom';
import { number, t, word } from '../core/i18n';
import type { Ctx, Page } from '../core/router';
import { table } from '../core/table';
import { edit } from './registry-edit';
import { deviceKinds, kindTitle, mayChange, tabs, type Row, type Tab } from './registry-data';
import './registry.css';

/** Rows of a table on one screen; who wants another one writes more of its name. */
const most = 200;

export const page: Page = {
  route: 'registry',
  nav: 'nav.registry',
  group: 'admin',
  roles: ['operator', 'technician', 'admin'],
  async show(box, [name, id], ctx) {
    // A duty officer keeps the zones' runbooks and telephone numbers, and nothing else here.
    const mine = mayChange(ctx) ? tabs : tabs.filter(x => x.name === 'zones');
    const tab = mine.find(x => x.name === name) ?? mine[0]!;
    const head = h('div', {}, h('h2', {}, t('registry.title')), tabBar(mine, tab));
    const body = h('div');
    put(box, head, body);
    if (id && (id !== 'new' || mayChange(ctx))) await edit(body, tab, id === 'new' ? null : id, ctx);
    else await list(body, tab, ctx);
  },
};

const tabBar = (mine: Tab[], here: Tab): HTMLElement => h('div', { class: 'tabs', role: 'navigation', 'aria-label': t('registry.tabs') },
  mine.map(x => h('a', { href: `#/registry/${x.name}`, 'aria-current': x === here ? 'page' : null }, t(`registry.tab.${x.name}`))));

/** Names of zones, streets and gateways by path and id, for cells. */
const places = new Map<string, string>();

async function namePlaces(signal: AbortSignal): Promise<void> {
  await Promise.all(['zones', 'streets', 'gateways'].map(async path => {
    for (const row of await all<Row>(`/api/v1/${path}?state=all`, 20_000, signal)) if (row.name) places.set(`${path}/${row.id}`, row.name);
  }));
}

/** Without marks and in small letters: who types "cho" finds the market too. */
const bare = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').replace(/[\u0111\u0110]/g, 'd').toLowerCase();

async function list(box: HTMLElement, tab: Tab, ctx: Ctx): Promise<void> {
  const search = h('input', { type: 'search', 'aria-label': t('registry.search'), placeholder: t('registry.search') });
  const gone = h('input', { type: 'checkbox' });
  const count = h('span', { class: 'count', role: 'status' });
  const found = h('div');
  put(box,
    h('div', { class: 'tools' }, search, count, !mayChange(ctx) ? null : h('a', { class: 'button ack', href: `#/registry/${tab.name}/new` }, t(`registry.new.${tab.name}`))),
    h('div', { class: 'tools exports' }, h('span', { class: 'labels' }, t('registry.export')),
      ['csv', 'geojson', 'json'].map(format => h('a', { class: 'button', href: `/api/v1/export?format=${format}`, download: `registry.${format}` }, t(`registry.export.${format}`))),
      mayChange(ctx) ? h('a', { class: 'button', href: '#/import' }, t('registry.import')) : null, h('label', { class: 'gone' }, gone, ' ', t('registry.gone'))),
    found);
  let rows: Row[] = [];
  const draw = (): void => {
    const wanted = bare(search.value).split(/\s+/).filter(Boolean);
    const match = rows.filter(r => wanted.every(w => r.text!.includes(w)));
    count.textContent = t('registry.count', { n: number(match.length) });
    put(found, match.length ? table(tab.heads.map(x => `registry.head.${x}`), h('tbody', {}, match.slice(0, most).map(r => line(tab, r)))) : h('p', { class: 'calm' }, t(rows.length ? 'registry.nomatch' : 'registry.none')),
      match.length > most ? h('p', { class: 'more' }, t('registry.more', { n: number(match.length - most) })) : null);
  };
  const load = async (): Promise<void> => {
    rows = await all<Row>(`/api/v1/${tab.path}?${tab.kind ? `kind=${tab.kind}&` : ''}state=${gone.checked ? 'all' : 'active'}`, 100_000, ctx.signal);
    for (const r of rows) r.text = bare([r.id, r.name, r.zone, r.street, r.gateway, places.get(`zones/${r.zone}`), places.get(`streets/${r.street}`), places.get(`gateways/${r.gateway}`), r.ward, r.kind ? kindTitle(r.kind) : ''].join(' '));
    draw();
  };
  put(found, h('p', { class: 'more' }, t('registry.loading')));
  let later = 0;
  search.addEventListener('input', () => { clearTimeout(later); later = window.setTimeout(draw, 120); });
  gone.addEventListener('change', () => void load());
  await Promise.all([deviceKinds(ctx.signal), namePlaces(ctx.signal)]);
  await load();
  if (!ctx.signal.aborted) search.focus();
}

function line(tab: Tab, r: Row): HTMLElement {
  const cell: Record<string, () => Child> = {
    name: () => [h('a', { href: `#/registry/${tab.name}/${encodeURIComponent(r.id)}` }, r.name ?? r.id), h('div', { class: 'labels data' }, r.id)],
    kind: () => (r.kind ? tab.path === 'devices' ? kindTitle(r.kind) : word('place', r.kind) : '–'),
    place: () => [r.zone ? h('div', {}, places.get(`zones/${r.zone}`) ?? r.zone) : null, r.street ? h('div', { class: r.zone ? 'labels' : '' }, places.get(`streets/${r.street}`) ?? r.street) : null],
    zone: () => (r.zone ? places.get(`zones/${r.zone}`) ?? r.zone : '–'),
    street: () => (r.street ? places.get(`streets/${r.street}`) ?? r.street : '–'),
    gateway: () => (r.gateway ? places.get(`gateways/${r.gateway}`) ?? r.gateway : '–'),
    ward: () => r.ward ?? '–',
    stages: () => ['I', 'II', 'III'].map(stage => (r.thresholds?.[stage] === undefined ? '–' : number(r.thresholds[stage]))).join(' / '),
    drawn: () => (r.boundary ? t('registry.drawn') : r.lat != null ? t('registry.point') : t('registry.undrawn')),
    card: () => [r.runbook ? t('registry.hasRunbook') : null, r.phones?.length ? t('registry.hasPhones', { n: r.phones.length }) : null].filter(Boolean).join(' · ') || '–',
    course: () => (r.line ? t('registry.points', { n: r.line.length }) : t('registry.undrawn')),
    state: () => (r.state === 'active' ? '' : h('span', { class: 'tag calm' }, word('service', r.state))),
  };
  return h('tr', { class: r.state === 'active' ? '' : 'retired' }, tab.heads.map(head => h('td', { class: head === 'name' ? 'wrap name' : ['place', 'gateway', 'card', 'kind'].includes(head) ? 'wrap' : '' }, cell[head]!())));
}
