// Groups of lamps: made by ticking wards, streets, lamps and other groups, or on the map by pressing lamps or drawing around them.
import '../core/lamps.css';
import './groups.css';
import { cityMap, mapButtons } from '../core/anymap';
import { call, get } from '../core/api';
import { ask } from '../core/ask';
import { plain } from '../core/cityrows';
import type { Drawing, Place } from '../core/citymap';
import { h, notice, put, say } from '../core/dom';
import { field, refused, text } from '../core/form';
import { moment, number, t } from '../core/i18n';
import { LampData, lampMapLooks, mayLight, toPlace, tree as readTree, type LampRow } from '../core/lamps';
import type { Ctx, Page } from '../core/router';
import { table } from '../core/table';
import { at } from '../core/time';
import { inside, slug } from './group-shape';

interface Group { id: string; name: string | null; members: string[]; lamps: number; revision: number; changedBy: string; changedAt: string; parts?: { target: string; name: string; lamps: number }[]; within?: string[] }

const mostFound = 60; // lamps that a search lists

export const page: Page = {
  route: 'groups',
  nav: 'nav.groups',
  group: 'lighting',
  async show(box, [id], ctx) {
    if (id) await edit(box, id, ctx); else await list(box, ctx);
  },
};

async function list(box: HTMLElement, ctx: Ctx): Promise<void> {
  const rows = h('div');
  put(box, h('h2', {}, t('groups.title')), h('p', { class: 'more' }, t('groups.what')), mayLight(ctx.me.roles) ? h('div', { class: 'tools' }, h('a', { class: 'button ack', href: '#/groups/new' }, t('groups.new'))) : null, rows);
  let drawn = '';
  const load = async (): Promise<void> => {
    const { items } = await get<{ items: Group[] }>('/api/v1/lighting/groups', ctx.signal), now = JSON.stringify(items);
    if (now === drawn || ctx.signal.aborted) return;
    drawn = now;
    put(rows, items.length === 0 ? h('p', { class: 'calm' }, t('groups.none')) : table(['groups.name', 'groups.lamps', 'groups.members', 'groups.changed', 'groups.acts'], items.map(g => h('tr', {},
      h('td', { class: 'wrap' }, h('a', { href: `#/groups/${encodeURIComponent(g.id)}` }, g.name ?? g.id), h('span', { class: 'data' }, g.id)), h('td', { class: 'number' }, number(g.lamps)),
      h('td', { class: 'wrap' }, summary(g.members)), h('td', { class: 'wrap' }, `${g.changedBy}, ${moment(at(g.changedAt))}`),
      h('td', {}, h('a', { href: toPlace('lighting', `group/${g.id}`), 'aria-label': t('groups.lookAt', { name: g.name ?? g.id }) }, t('groups.look')), mayLight(ctx.me.roles) ? [' · ', h('a', { href: toPlace('orders', `group/${g.id}`), 'aria-label': t('groups.orderAt', { name: g.name ?? g.id }) }, t('groups.order'))] : null)))));
  };
  await load();
  ctx.refresh(load, 10);
}

const summary = (members: string[]): string => ['ward', 'street', 'lamp', 'group'].map(scope => [scope, members.filter(m => m.startsWith(`${scope}/`)).length] as const)
  .filter(([, n]) => n).map(([scope, n]) => t(`groups.of.${scope}`, { n: number(n) })).join(', ') || '–';

async function edit(box: HTMLElement, id: string, ctx: Ctx): Promise<void> {
  const fresh = id === 'new', data = new LampData();
  const [group, tree] = await Promise.all([fresh ? null : get<Group>(`/api/v1/lighting/groups/${encodeURIComponent(id)}`, ctx.signal), readTree(ctx.signal), data.read(ctx.signal)]);
  const may = mayLight(ctx.me.roles), members = new Set(group?.members), names = new Map(group?.parts?.map(p => [p.target, p.name]));
  for (const ward of tree.wards) { if (ward.ward) names.set(`ward/${ward.ward}`, ward.ward); for (const s of ward.streets) if (s.id) names.set(`street/${s.id}`, s.name ?? s.id); }
  for (const g of tree.groups) names.set(`group/${g.id}`, g.name ?? g.id);
  const nameOf = (target: string): string => names.get(target) ?? (target.startsWith('lamp/') ? data.rows.get(target.slice(5))?.name : undefined) ?? target;

  const above = h('div', { class: 'above' }), name = field('name', t('groups.name'), text({ maxlength: 200, required: true, value: group?.name ?? '' }));
  const own = field('id', t('groups.id'), text({ maxlength: 63, pattern: '[a-z0-9_\\-]+', value: fresh ? '' : id, disabled: !fresh, spellcheck: false }), fresh ? t('groups.idHint') : null);
  const search = h('input', { type: 'search', placeholder: t('groups.find'), 'aria-label': t('groups.find') }), picks = h('div', { class: 'group-picks', role: 'group', 'aria-label': t('groups.pick') });
  const chips = h('ul', { class: 'group-chips', 'aria-label': t('groups.members') }), count = h('p', { role: 'status' });
  const save = h('button', { class: 'ack' }, t('groups.save'));
  const canvas = h('div', { class: 'city-canvas', 'data-keys': true }), city = h('div', { class: 'city group-map' }, canvas);
  let drawing: Place[] | null = null, map: Drawing<LampRow> | null = null, idTouched = !fresh;

  const wardOf = new Map(tree.wards.flatMap(w => w.streets.map(s => [s.id, w.ward] as const)));
  const has = (row: LampRow): boolean => members.has(`lamp/${row.id}`) || (row.street !== null && (members.has(`street/${row.street}`) || members.has(`ward/${wardOf.get(row.street)}`))) || row.groups.some(g => members.has(`group/${g}`));
  const spots = new Map<string, LampRow>();

  function draw(): void {
    let n = 0;
    for (const row of data.rows.values()) { const is = has(row); n += Number(is); spots.set(row.id, { ...row, look: is ? 'on' : 'off', level: is ? 100 : 0 }); }
    say(count, t('groups.count', { lamps: number(n), members: number(members.size) }));
    put(chips, [...members].map(m => h('li', {}, h('span', { class: 'more' }, t(`lighting.scope.${m.split('/')[0]}`)), ` ${nameOf(m)} `, may ? h('button', { type: 'button', 'aria-label': t('groups.drop', { name: nameOf(m) }), onclick: () => toggle(m, false) }, '×') : null)));
    map?.devices(spots, () => true, null);
    for (const input of picks.querySelectorAll<HTMLInputElement>('input')) input.checked = members.has(input.value);
  }

  function toggle(target: string, on: boolean): void {
    if (on) members.add(target); else members.delete(target);
    draw();
  }

  const pick = (target: string, level: number, lamps: number | null): HTMLElement => {
    const input = h('input', { type: 'checkbox', value: target, disabled: !may });
    input.checked = members.has(target);
    input.addEventListener('change', () => toggle(target, input.checked));
    return h('label', { class: `group-pick pick-${level}` }, input, h('span', {}, nameOf(target)), lamps === null ? null : h('span', { class: 'more' }, number(lamps)));
  };

  function offer(): void {
    const wanted = plain(search.value.trim()), fits = (target: string): boolean => !wanted || plain(nameOf(target)).includes(wanted);
    const groups = tree.groups.filter(g => g.id !== id && fits(`group/${g.id}`));
    const wards = tree.wards.flatMap(w => {
      const streets = w.streets.filter(s => s.id && fits(`street/${s.id}`));
      return w.ward === null ? streets.map(s => pick(`street/${s.id}`, 2, s.lamps)) : streets.length || fits(`ward/${w.ward}`) ? [pick(`ward/${w.ward}`, 1, w.lamps), ...streets.map(s => pick(`street/${s.id}`, 2, s.lamps))] : [];
    });
    const lamps = wanted.length < 2 ? [] : [...data.rows.values()].filter(row => plain(`${row.name} ${row.id}`).includes(wanted)).slice(0, mostFound).map(row => pick(`lamp/${row.id}`, 1, null));
    put(picks, groups.length ? [h('h3', {}, t('lighting.groups')), groups.map(g => pick(`group/${g.id}`, 1, g.lamps))] : null, wards.length ? [h('h3', {}, t('groups.streets')), wards] : null,
      lamps.length ? [h('h3', {}, t('groups.lampsFound')), lamps] : wanted ? null : h('p', { class: 'more' }, t('groups.lampsHint')));
  }

  const begin = h('button', { type: 'button', onclick: () => area(drawing === null) }, t('groups.draw'));
  const take = h('button', { type: 'button', class: 'ack', hidden: true, onclick: () => {
    const found = [...data.rows.values()].filter(row => inside(drawing ?? [], [row.lon, row.lat]) && !has(row));
    for (const row of found) members.add(`lamp/${row.id}`);
    notice(t('groups.taken', { n: number(found.length) }));
    area(false);
    draw();
  } }, t('groups.take'));
  const hint = h('span', { class: 'more', role: 'status' });
  function area(on: boolean): void {
    drawing = on ? [] : null;
    begin.setAttribute('aria-pressed', String(on));
    say(begin, t(on ? 'groups.stop' : 'groups.draw'));
    say(hint, on ? t('groups.drawHint') : '');
    take.hidden = true;
    map?.sketch([], on);
  }

  const form = h('form', { class: 'group-form', onsubmit: (event: Event) => { event.preventDefault(); void store(); } },
    h('div', { class: 'group-side' }, above, name.box, own.box, count, chips, may ? [search, picks] : null,
      h('div', { class: 'tools ends' }, may ? save : null, !fresh && may ? h('button', { type: 'button', class: 'danger', onclick: () => void remove() }, t('groups.remove')) : null)),
    h('div', { class: 'group-ground' }, may ? h('div', { class: 'tools' }, begin, take, hint) : null, city));
  put(box, h('p', { class: 'more' }, h('a', { href: '#/groups' }, t('nav.groups')), ' / ', fresh ? t('groups.new') : group?.name ?? id), h('h2', {}, fresh ? t('groups.new') : group?.name ?? id),
    group?.within?.length ? h('p', { class: 'more' }, t('groups.within', { names: group.within.map(g => nameOf(`group/${g}`)).join(', ') })) : null, form);
  name.input.addEventListener('input', () => { if (!idTouched) own.input.value = slug(name.input.value); });
  own.input.addEventListener('input', () => { idTouched = true; });
  search.addEventListener('input', offer);
  if (!may) name.input.setAttribute('disabled', '');

  async function store(): Promise<void> {
    save.disabled = true;
    try {
      await call('PUT', `/api/v1/lighting/groups/${encodeURIComponent(own.input.value)}`, { body: { name: name.input.value.trim(), members: [...members] }, ...(fresh ? { fresh: true } : { revision: group!.revision }) });
      notice(t('groups.saved', { name: name.input.value.trim() }));
      ctx.go('#/groups');
    } catch (error) { refused(error, [name, own], above); } finally { save.disabled = false; }
  }

  async function remove(): Promise<void> {
    if (!await ask(t('groups.removeTitle', { name: group?.name ?? id }), [t('groups.removeWhat')], t('groups.remove'))) return;
    try {
      await call('DELETE', `/api/v1/lighting/groups/${encodeURIComponent(id)}`, { revision: group!.revision });
      ctx.go('#/groups');
    } catch (error) { refused(error, [name, own], above); }
  }

  offer();
  draw();
  const made = await cityMap<LampRow>(canvas, {
    scale: Math.max(1, innerWidth / 2200), interactive: true, looks: lampMapLooks,
    acts: {
      device: row => press(row), several: rows => rows.forEach(press), nothing: () => undefined,
      ground: point => {
        if (!drawing) return false;
        drawing.push(point);
        map?.sketch(drawing, true);
        take.hidden = drawing.length < 3;
        return true;
      },
    },
  }, ctx.signal);
  map = made.map;
  if (!map) return;
  city.append(mapButtons(map));
  map.devices(spots, () => true, null);
  const mine = [...data.rows.values()].filter(has);
  if (mine.length) map.fit(mine.map(row => [row.lon, row.lat]), 16);

  function press(row: LampRow): void {
    if (!may) return;
    if (!has(row)) toggle(`lamp/${row.id}`, true);
    else if (members.has(`lamp/${row.id}`)) toggle(`lamp/${row.id}`, false);
    else notice(t('groups.byPlace', { name: row.name }));
  }
}
