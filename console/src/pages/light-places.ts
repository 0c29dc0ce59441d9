// Where a calendar is in force, and the least that a place asks for: the city, a ward, a street, a group, a lamp. The nearest that speaks of a lamp names its calendar.
import { all, call, get } from '../core/api';
import { h, notice, put } from '../core/dom';
import { t } from '../core/i18n';
import type { Ctx } from '../core/router';
import { table } from '../core/table';
import type { Page as List } from '../core/types';
import { faultsOf, list, mayEdit, nameOf, onlyLook, refusedSave, type Calendar, type Setting, type Street } from './lighting-data';

const kinds = ['city', 'ward', 'street', 'group', 'lamp'] as const;
type PlaceKind = (typeof kinds)[number];

export async function lightPlaces(box: HTMLElement, ctx: Ctx): Promise<void> {
  const may = mayEdit(ctx);
  const [calendars, streets, groups] = await Promise.all([
    list<Calendar>('calendars', ctx.signal), all<Street>('/api/v1/streets?state=active', 2000, ctx.signal), get<List<{ id: string; name: string | null }>>('/api/v1/lighting/groups', ctx.signal)]);
  const above = h('div', { class: 'above', 'aria-live': 'polite' });
  const rows = h('div', {});

  const calendarOf = (chosen: string | null, label: string): HTMLSelectElement => h('select', { 'aria-label': label, disabled: !may, 'data-field': 'calendar' },
    h('option', { value: '' }, t('calendars.saysNothing')), calendars.map(c => h('option', { value: c.id, selected: c.id === chosen }, nameOf(c))));
  const minimumOf = (value: number | null, label: string): HTMLInputElement => h('input', { type: 'number', min: 0, max: 100, step: 1, 'aria-label': label, disabled: !may, value: value ?? '', placeholder: '–', 'data-field': 'minimum' });
  const keep = async (scope: string, calendar: string, minimum: string, revision: number | null, form: HTMLElement): Promise<void> => {
    try {
      await call('PUT', '/api/v1/lighting/settings', { body: { scope, calendar: calendar || null, minimum: minimum === '' ? null : Number(minimum) }, ...(revision === null ? {} : { revision }) });
      notice(t('calendars.placeSaved'));
      await draw();
    } catch (error) {
      if (faultsOf(error)) refusedSave(error, form, above, () => void draw()); else refusedSave(error, form, above, () => { put(above); void draw(); });
    }
  };

  async function draw(): Promise<void> {
    put(above);
    const settings = await list<Setting>('settings', ctx.signal);
    put(rows, settings.length === 0 ? h('p', { class: 'calm' }, t('calendars.noPlaces')) : table(['calendars.place', 'calendars.placeCalendar', 'calendars.minimum', 'calendars.placeLamps', ...(may ? ['programmes.acts'] : [])],
      h('tbody', {}, settings.map(setting => row(setting)))));
  }

  function row(setting: Setting): HTMLElement {
    const kind = setting.scope.split('/')[0] as PlaceKind;
    const name = kind === 'city' ? t('lighting.city') : setting.name;
    const label = (key: string): string => `${name}: ${t(key)}`;
    const calendar = calendarOf(setting.calendar, label('calendars.placeCalendar')), minimum = minimumOf(setting.minimum, label('calendars.minimum'));
    const tr: HTMLElement = h('tr', { 'data-faults': true, 'data-scope': setting.scope },
      h('th', { scope: 'row' }, name, ' ', kind === 'city' ? null : h('span', { class: 'more' }, t(`calendars.kind.${kind}`))),
      h('td', {}, calendar, h('p', { class: 'fault', role: 'alert' })), h('td', {}, h('span', { class: 'percent' }, minimum, ' %')),
      h('td', { class: 'wrap' }, t('calendars.following', { n: setting.following, all: setting.lamps })),
      may ? h('td', {}, h('div', { class: 'row-acts' },
        h('button', { type: 'button', 'aria-label': label('calendars.keep'), onclick: () => void keep(setting.scope, calendar.value, minimum.value, setting.revision, tr) }, t('calendars.keep')),
        h('button', { type: 'button', class: 'off', 'aria-label': label('calendars.clear'), onclick: () => void keep(setting.scope, '', '', setting.revision, tr) }, t('calendars.clear')))) : null);
    return tr;
  }

  function adding(): HTMLElement {
    const wards = [...new Set(streets.map(s => s.ward).filter((w): w is string => Boolean(w)))].sort((a, b) => a.localeCompare(b, 'vi'));
    const of: Record<PlaceKind, [string, string][]> = {
      city: [], ward: wards.map(w => [w, w]), street: streets.map(s => [s.id, s.name ?? s.id]), group: groups.items.map(g => [g.id, nameOf(g)]), lamp: [],
    };
    const kind = h('select', { 'aria-label': t('calendars.placeKind'), onchange: () => which() }, kinds.filter(k => k === 'city' || k === 'lamp' || of[k].length).map(k => h('option', { value: k }, t(`calendars.kind.${k}`))));
    const cell = h('span', {});
    let chosen: HTMLSelectElement | HTMLInputElement | null = null;
    const which = (): void => {
      const name = kind.value as PlaceKind;
      chosen = name === 'city' ? null : name === 'lamp' ? h('input', { 'aria-label': t('calendars.lampId'), placeholder: t('calendars.lampId'), 'data-field': 'scope', spellcheck: false })
        : h('select', { 'aria-label': t('calendars.place'), 'data-field': 'scope' }, of[name].map(([value, label]) => h('option', { value }, label)));
      put(cell, chosen);
    };
    const calendar = calendarOf(null, t('calendars.placeCalendar')), minimum = minimumOf(null, t('calendars.minimum'));
    which();
    const form: HTMLFormElement = h('form', { class: 'tools adding', 'data-faults': true, novalidate: true, onsubmit: (event: Event) => {
      event.preventDefault();
      void keep(kind.value === 'city' ? 'city' : `${kind.value}/${chosen?.value.trim() ?? ''}`, calendar.value, minimum.value, null, form);
    } }, kind, cell, calendar, h('span', { class: 'percent' }, minimum, ' %'), h('button', { class: 'ack' }, t('calendars.setPlace')), h('p', { class: 'fault', role: 'alert' }));
    return form;
  }

  put(box, h('p', { class: 'more' }, t('calendars.placesWhat')), onlyLook(ctx), above, rows, may ? [h('h3', {}, t('calendars.addPlace')), adding()] : null);
  await draw();
}
