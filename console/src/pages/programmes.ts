// Control programmes: what happens in a night. The list draws each of them on the night that is now; one is drawn large, and changed, in its editor.
import { h, put } from '../core/dom';
import { get } from '../core/api';
import { moment, number, t } from '../core/i18n';
import { hours, nightThumb, clockOf, type CurvePoint, type Night } from '../core/nightcurve';
import type { Ctx, Page } from '../core/router';
import { at } from '../core/time';
import { list, mayEdit, nameOf, onlyLook, tag, type Calendar, type Programme } from './lighting-data';
import { programmeEditor } from './programme-editor';
import './programmes.css';

interface Tonight { lat: number | null; sunset: string; sunrise: string; items: { id: string; points: CurvePoint[]; night: Night }[] }

export const page: Page = {
  route: 'programmes',
  nav: 'nav.programmes',
  group: 'lighting',
  async show(box, [what, id, date], ctx) {
    if ((what === 'edit' && id) || what === 'new') await programmeEditor(box, what === 'new' ? null : id!, what === 'new' ? id ?? null : null, what === 'edit' ? date ?? null : null, ctx);
    else await overview(box, ctx);
  },
};

export const address = (id: string): string => `#/programmes/edit/${encodeURIComponent(id)}`;

async function overview(box: HTMLElement, ctx: Ctx): Promise<void> {
  const [programmes, calendars, tonight] = await Promise.all([
    list<Programme>('programmes', ctx.signal), list<Calendar>('calendars', ctx.signal), get<Tonight>('/api/v1/lighting/preview/programmes', ctx.signal)]);
  const calendarName = (id: string): string => nameOf(calendars.find(c => c.id === id) ?? { id, name: null });
  put(box, h('h2', {}, t('programmes.title')), h('p', { class: 'more' }, t('programmes.what')), onlyLook(ctx),
    h('div', { class: 'tools' }, mayEdit(ctx) ? h('a', { class: 'button ack', href: '#/programmes/new' }, t('programmes.new')) : null, h('a', { class: 'button', href: '#/calendars' }, t('programmes.toCalendars')),
      h('span', { class: 'more' }, t('programmes.tonight', { sunset: clockOf(tonight.sunset), sunrise: clockOf(tonight.sunrise) }))),
    programmes.length === 0 ? h('p', { class: 'calm' }, t('programmes.none')) : h('ul', { class: 'programme-cards' }, programmes.map(programme => {
      const drawn = tonight.items.find(item => item.id === programme.id);
      return h('li', { class: 'programme-card' },
        h('h3', {}, h('a', { href: address(programme.id) }, nameOf(programme)), ' ', h('span', { class: 'data' }, programme.id)),
        drawn ? nightThumb(drawn.points, drawn.night) : null,
        drawn ? h('p', { class: 'card-facts' }, t('programmes.burns', { time: hours(drawn.night.burningHours) }), ' · ', h('strong', { title: saving(drawn.night) }, lessShort(drawn.night))) : null,
        h('p', { class: 'more' }, programme.usedBy.length ? programme.usedBy.map(used => [h('a', { href: `#/calendars/edit/${encodeURIComponent(used)}` }, calendarName(used)), ' ']) : tag(t('programmes.unused'))),
        h('p', { class: 'more small' }, t('programmes.changed', { who: programme.changedBy, when: moment(at(programme.changedAt)) })));
    })));
}

/** How much less light it is than burning at full for as long. */
export const saving = (night: Night): string =>
  night.burningHours > 0 ? t('programmes.saving', { percent: number((1 - night.fullHours / night.burningHours) * 100, 0) }) : t('programmes.dark');

const lessShort = (night: Night): string => night.burningHours > 0 ? t('programmes.less', { percent: number((1 - night.fullHours / night.burningHours) * 100, 0) }) : t('programmes.dark');
