// Calendars: which programme on which night. The list, lists of holidays, and the places at which a calendar is in force.
import { h, put } from '../core/dom';
import { moment, t } from '../core/i18n';
import type { Ctx, Page } from '../core/router';
import { at } from '../core/time';
import { calendarEditor } from './calendar-editor';
import { holidayEditor } from './holiday-editor';
import { lightPlaces } from './light-places';
import { list, mayEdit, nameOf, onlyLook, tag, type Calendar, type Holidays, type Programme, type Setting } from './lighting-data';
import './calendars.css';

const tabs = ['calendars', 'holidays', 'places'] as const;

export const page: Page = {
  route: 'calendars',
  nav: 'nav.calendars',
  group: 'lighting',
  async show(box, [what, id], ctx) {
    if ((what === 'edit' && id) || what === 'new') { await calendarEditor(box, what === 'new' ? null : id!, what === 'new' ? id ?? null : null, ctx); return; }
    if (what === 'holidays' && id) { await holidayEditor(box, id === '+' ? null : id, ctx); return; }
    const tab = tabs.find(name => name === what) ?? 'calendars';
    const content = h('div', {});
    put(box, h('h2', {}, t('calendars.title')), h('div', { class: 'tabs' }, tabs.map(name =>
      h('a', { href: name === 'calendars' ? '#/calendars' : `#/calendars/${name}`, 'aria-current': name === tab ? 'page' : null }, t(`calendars.tab.${name}`)))), content);
    await { calendars, holidays, places: lightPlaces }[tab](content, ctx);
  },
};

async function calendars(box: HTMLElement, ctx: Ctx): Promise<void> {
  const [all, programmes, settings] = await Promise.all([list<Calendar>('calendars', ctx.signal), list<Programme>('programmes', ctx.signal), list<Setting>('settings', ctx.signal)]);
  const programme = (id: string | null): string => id === null ? t('calendars.noProgramme') : nameOf(programmes.find(p => p.id === id) ?? { id, name: null });
  put(box, h('p', { class: 'more' }, t('calendars.what')), onlyLook(ctx),
    mayEdit(ctx) ? h('div', { class: 'tools' }, h('a', { class: 'button ack', href: '#/calendars/new' }, t('calendars.new'))) : null,
    all.length === 0 ? h('p', { class: 'calm' }, t('calendars.none')) : h('ul', { class: 'programme-cards' }, all.map(calendar => h('li', { class: 'programme-card' },
      h('h3', {}, h('a', { href: `#/calendars/edit/${encodeURIComponent(calendar.id)}` }, nameOf(calendar)), ' ', h('span', { class: 'data' }, calendar.id)),
      h('p', {}, t('calendars.summary', { programme: programme(calendar.default), n: calendar.rules.length })),
      h('p', {}, calendar.lamps > 0 ? h('strong', {}, t('programmes.lamps', { n: calendar.lamps })) : tag(t('calendars.nowhere')), ' ',
        h('span', { class: 'more' }, calendar.usedBy.slice(0, 6).map(scope => settings.find(s => s.scope === scope)?.name ?? scope).map(name => name === 'city' || name === '' ? t('lighting.city') : name).join(', '),
          calendar.usedBy.length > 6 ? t('calendars.andMore', { n: calendar.usedBy.length - 6 }) : '')),
      h('p', { class: 'more small' }, t('programmes.changed', { who: calendar.changedBy, when: moment(at(calendar.changedAt)) }))))));
}

async function holidays(box: HTMLElement, ctx: Ctx): Promise<void> {
  const [all, calendars] = await Promise.all([list<Holidays>('holidays', ctx.signal), list<Calendar>('calendars', ctx.signal)]);
  put(box, h('p', { class: 'more' }, t('calendars.holidaysWhat')), onlyLook(ctx),
    mayEdit(ctx) ? h('div', { class: 'tools' }, h('a', { class: 'button ack', href: '#/calendars/holidays/+' }, t('calendars.newHolidays'))) : null,
    all.length === 0 ? h('p', { class: 'calm' }, t('calendars.noHolidays')) : h('ul', { class: 'programme-cards' }, all.map(one => h('li', { class: 'programme-card' },
      h('h3', {}, h('a', { href: `#/calendars/holidays/${encodeURIComponent(one.id)}` }, nameOf(one)), ' ', h('span', { class: 'data' }, one.id)),
      h('p', {}, t('calendars.dates', { n: one.dates.length, years: [...new Set(one.dates.map(date => date.slice(0, 4)))].join(', ') || '–' })),
      one.usedBy.length ? h('p', { class: 'more' }, t('calendars.usedBy', { who: one.usedBy.map(used => nameOf(calendars.find(c => c.id === used) ?? { id: used, name: null })).join(', ') })) : h('p', {}, tag(t('programmes.unused')))))));
}
