// What is said of the place or the lamp that is chosen.
import { all, get } from '../core/api';
import { h, put, say } from '../core/dom';
import { age, language, moment, number, t, timeFormat, word } from '../core/i18n';
import { countOf, lampBadge, lampLooks, levels, mayLight, stripe, toPlace, type Lamp, type LampData, type LightOrder, type Tree } from '../core/lamps';
import { nightCurve, type Preview } from '../core/nightcurve';
import { placeName } from '../core/names';
import type { Ctx } from '../core/router';
import { at } from '../core/time';
import type { Device } from '../core/types';
import { concerns, countsOf } from './lighting-place';

const often = 5_000; // ms between two readings of orders; the curve of a night is read once

export interface Panel { element: HTMLElement; show(target: string, tree: Tree, data: LampData): Promise<void> }

export function panel(ctx: Ctx, close: () => void): Panel {
  const inside = h('div'), title = h('h2'), kind = h('p', { class: 'more light-kind' });
  const element = h('section', { class: 'light-panel', 'aria-label': t('lighting.panel') }, h('button', { class: 'shut', 'aria-label': t('lighting.shut'), onclick: close }, '×'), kind, title, inside);
  let shown = '', draw: ((tree: Tree, data: LampData) => Promise<void>) | null = null;

  return {
    element,
    async show(target, tree, data) {
      if (target !== shown) {
        shown = target;
        draw = target.startsWith('lamp/') ? lampPanel(inside, title, kind, target.slice(5), ctx) : placePanel(inside, title, kind, target, ctx);
      }
      const mine = draw;
      if (mine) await mine(tree, data);
    },
  };
}

const fact = (key: string, value: HTMLElement): HTMLElement => h('div', {}, h('dt', {}, t(key)), value);

function buttons(target: string, ctx: Ctx): HTMLElement {
  const may = mayLight(ctx.me.roles) || ctx.me.roles.includes('operator');
  return h('div', { class: 'tools light-acts' },
    may ? h('a', { class: 'button ack', href: toPlace('orders', target) }, t('lighting.order')) : null,
    h('a', { class: 'button', href: '#/calendars/places' }, t('lighting.calendar')),
    target.startsWith('group/') ? h('a', { class: 'button', href: `#/groups/${encodeURIComponent(target.slice(6))}` }, t('lighting.group')) : null);
}

/** Programme of tonight at one lamp, with the minimum and the calendar that hold there. */
function tonight(box: HTMLElement, ctx: Ctx): (lamp: string | undefined) => Promise<void> {
  let read = '';
  return async lamp => {
    if (!lamp || lamp === read) return;
    read = lamp;
    const found = await get<Preview & { calendar: string | null; calendarOf: string | null; minimum: number; nights: { name: string | null; programme: string | null }[] }>(
      `/api/v1/lighting/preview?lamp=${encodeURIComponent(lamp)}&lang=${language()}`, ctx.signal).catch(() => null);
    if (!found || ctx.signal.aborted) { read = ''; return; }
    const curve = nightCurve({ label: t('lighting.tonight'), height: 12 });
    curve.show(found);
    put(box, h('h3', {}, t('lighting.tonight')), curve.element,
      h('p', { class: 'more' }, found.nights[0]?.programme ? t('lighting.programme', { name: found.nights[0].name ?? found.nights[0].programme }) : t('lighting.noProgramme'),
        found.calendar ? ` · ${t('lighting.byCalendar', { name: found.calendar })}` : '', found.minimum > 0 ? ` · ${t('lighting.minimum', { n: number(found.minimum, 0) })}` : ''));
  };
}

function placePanel(inside: HTMLElement, title: HTMLElement, kind: HTMLElement, target: string, ctx: Ctx): (tree: Tree, data: LampData) => Promise<void> {
  const bar = h('div'), looks = h('ul', { class: 'light-looks' }), level = h('dd'), lamps = h('dd'), confirmed = h('dd'), power = h('dd'), orders = h('div'), night = h('div', { class: 'light-night' });
  const faults = h('a', { class: 'button', href: target.startsWith('street/') || target.startsWith('ward/') ? toPlace('lampfaults', target) : '#/lampfaults' });
  put(inside, bar, looks, h('dl', { class: 'facts light-facts' }, fact('lighting.level', level), fact('lighting.lamps', lamps), fact('lighting.confirmed', confirmed), fact('lighting.power', power)),
    buttons(target, ctx), orders, night, h('p', {}, faults));
  const curve = tonight(night, ctx), scope = target.split('/')[0]!, id = target.slice(scope.length + 1);
  let read = 0, drawn = '';
  return async (tree, data) => {
    const found = countsOf(tree, target);
    say(kind, t(`lighting.scope.${scope}`));
    inside.hidden = !found; // a group that was made a moment ago comes with the next tree
    if (!found) { say(title, t('lighting.gone')); return; }
    const { counts, name, ward } = found;
    say(title, name);
    const text = JSON.stringify(counts);
    if (text !== drawn) {
      drawn = text;
      put(bar, stripe(counts));
      put(looks, lampLooks.filter(look => countOf(counts, look) > 0).map(look => h('li', {}, lampBadge(look), ' ', h('b', {}, number(countOf(counts, look))))));
      say(level, levels(counts));
      say(lamps, number(counts.lamps));
      say(confirmed, counts.lamps ? `${number(counts.confirmed)} (${number((100 * counts.confirmed) / counts.lamps, 1)} %)` : '–');
      say(power, counts.watts >= 1000 ? `${number(counts.watts / 1000, 1)} kW` : `${number(counts.watts, 0)} W`);
      faults.hidden = counts.faults + counts.silent === 0;
      say(faults, t('lighting.toFaults', { n: number(counts.faults + counts.silent) }));
    }
    if (Date.now() - read < often) return;
    read = Date.now();
    const first = [...data.rows.values()].find(row => scope === 'city' || (scope === 'street' && row.street === id) || (scope === 'group' && row.groups.includes(id))
      || (scope === 'ward' && tree.wards.find(w => w.ward === id)?.streets.some(s => s.id === row.street)));
    const [held] = await Promise.all([all<LightOrder>('/api/v1/lighting/overrides?state=current', 500, ctx.signal).catch(() => [] as LightOrder[]), curve(first?.id)]);
    if (!ctx.signal.aborted) drawOrders(orders, held.filter(order => concerns(order, target, ward)));
  };
}

function drawOrders(box: HTMLElement, held: LightOrder[]): void {
  const text = JSON.stringify(held.map(o => [o.id, o.level, o.state, o.expires]));
  if (box.dataset.is === text) return;
  box.dataset.is = text;
  put(box, h('h3', {}, t('lighting.orders')), held.length === 0 ? h('p', { class: 'more' }, t('lighting.noOrders'))
    : h('ul', { class: 'light-orders' }, held.slice(0, 12).map(o => h('li', {}, h('a', { href: `#/orders/${encodeURIComponent(o.id)}` }, h('b', {}, `${number(o.level, 0)} %`), ` ${o.targetName ?? o.target}`),
      h('div', { class: 'more' }, [o.state === 'ahead' ? t('lighting.from', { time: moment(at(o.start)) }) : '', o.expires ? t('lighting.until', { time: moment(at(o.expires)) }) : t('lighting.untilReleased'), o.by, o.reason ?? ''].filter(Boolean).join(' · '))))));
}

function lampPanel(inside: HTMLElement, title: HTMLElement, kind: HTMLElement, id: string, ctx: Ctx): (tree: Tree, data: LampData) => Promise<void> {
  const path = `/api/v1/lighting/lamps?target=${encodeURIComponent(`lamp/${id}`)}&lang=${language()}`;
  const state = h('p', { class: 'light-state' }), sentence = h('p', { class: 'light-sentence' }), why = h('p', { class: 'more', hidden: true }), faults = h('ul', { class: 'light-faults' });
  const row = (key: string): { head: HTMLElement; value: HTMLElement; old: HTMLElement; line: HTMLElement } => {
    const head = h('th', { scope: 'row', title: t(`lighting.${key}What`) }, t(`lighting.${key}`)), value = h('td', { class: 'number' }), old = h('td', { class: 'more' });
    return { head, value, old, line: h('tr', { class: `light-${key}` }, head, value, old) };
  };
  const wanted = row('wanted'), target = row('target'), feedback = row('feedback'), actual = row('actual');
  const facts = h('dl', { class: 'facts light-facts' }), night = h('div', { class: 'light-night' });
  put(inside, state, sentence, why, h('table', { class: 'light-states' }, h('thead', { class: 'unseen' }, h('tr', {}, h('th', { scope: 'col' }, t('lighting.what')), h('th', { scope: 'col' }, t('lighting.value')), h('th', { scope: 'col' }, t('lighting.age')))),
    h('tbody', {}, wanted.line, target.line, feedback.line, actual.line)), faults, buttons(`lamp/${id}`, ctx), facts, night, h('p', {}, h('a', { href: `#/device/${encodeURIComponent(id)}` }, t('lighting.device'))));
  const curve = tonight(night, ctx), percent = (v: number | null): string => (v === null ? '–' : `${number(v, 1)} %`);
  const aged = (cell: HTMLElement, time: number): void => {
    if (time) cell.dataset.age = String(time); else delete cell.dataset.age;
    cell.title = time ? moment(time) : '';
    say(cell, time ? age(time) : t('lighting.never'));
  };
  let device: Device | null = null, read = 0;
  return async (_tree, data) => {
    const map = data.rows.get(id);
    say(kind, t('lighting.scope.lamp'));
    say(title, map?.name ?? id);
    if (Date.now() - read > often) {
      read = Date.now();
      device = await get<Device>(`/api/v1/devices/${encodeURIComponent(id)}`, ctx.signal).catch(() => null);
    }
    const { items: [lamp] } = await get<{ items: Lamp[] }>(path, ctx.signal);
    if (ctx.signal.aborted) return;
    if (!lamp) { say(sentence, t('lighting.gone')); return; }
    if (map) put(state, lampBadge(map.look), lamp.follow === 'not-followed' ? null : ` · ${word('lampfollow', lamp.follow)}`);
    say(sentence, lamp.sentence);
    why.hidden = !lamp.why;
    say(why, lamp.why ? word('lampwhy', lamp.why) : '');
    say(wanted.value, percent(lamp.wanted.level));
    say(wanted.old, lamp.wanted.until ? t('lighting.until', { time: timeFormat({ timeStyle: 'short' }).format(at(lamp.wanted.until)) }) : word('lampreason', lamp.wanted.reason));
    wanted.old.title = lamp.wanted.until ? moment(at(lamp.wanted.until)) : '';
    say(target.value, percent(lamp.target));
    aged(target.old, at(lamp.reportedAt));
    say(feedback.value, percent(lamp.feedback));
    aged(feedback.old, at(lamp.reportedAt));
    say(actual.value, lamp.actual === null ? '–' : t('lighting.watts', { n: number(lamp.actual, 1), expected: number(lamp.expected, 0) }));
    aged(actual.old, at(lamp.actualAt));
    put(faults, lamp.faults.map(rule => h('li', { class: 'lamp-badge lamp-fault' }, h('span', { class: 'lamp-sign', 'aria-hidden': 'true' }, '▲'), word('rule', rule))));
    const value = (name: string): number | null => { const v = device?.values?.[name]?.value; return typeof v === 'number' ? v : null; };
    const drift = lamp.version !== null && lamp.desiredVersion !== null && lamp.version !== lamp.desiredVersion;
    const items: [string, string | HTMLElement | null][] = [
      ['lighting.street', lamp.street ? h('a', { href: toPlace('lighting', `street/${lamp.street}`) }, placeName('street', lamp.street)) : null],
      ['lighting.burning', value('burning_hours') === null ? null : t('lighting.hours', { n: number(value('burning_hours')!, 0) })],
      ['lighting.switched', value('switch_on_count') === null ? null : number(value('switch_on_count')!, 0)],
      ['lighting.energy', value('energy_kwh') === null ? null : `${number(value('energy_kwh')!, 1)} kWh`],
      ['lighting.gateway', lamp.gateway ? placeName('gateway', lamp.gateway) : null],
      ['lighting.version', drift ? h('span', { class: 'bad' }, t('lighting.drift', { has: lamp.version!, should: lamp.desiredVersion! })) : lamp.version === null ? t('lighting.never') : t('lighting.current')],
      ['lighting.inGroups', lamp.groups.length ? lamp.groups.join(', ') : null],
    ];
    const text = JSON.stringify([items.map(([, v]) => (v instanceof HTMLElement ? v.textContent : v))]);
    if (facts.dataset.is !== text) { facts.dataset.is = text; put(facts, items.filter(([, v]) => v !== null).map(([key, v]) => fact(key, h('dd', {}, v)))); }
    await curve(id);
  };
}
