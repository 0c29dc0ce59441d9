// A list of dates, such as Tết by year: picked one by one, or pasted.
import { ask } from '../core/ask';
import { datesIn } from '../core/dates';
import { h, notice, put, say } from '../core/dom';
import { field, text } from '../core/form';
import { moment, t } from '../core/i18n';
import { dateWords } from '../core/nightcurve';
import type { Ctx } from '../core/router';
import { at } from '../core/time';
import { anew, free, identifier, list, mayEdit, nameOf, one, onlyLook, refusedSave, remove, save, tellFaults, type Calendar, type Holidays } from './lighting-data';

export async function holidayEditor(box: HTMLElement, id: string | null, ctx: Ctx): Promise<void> {
  const [all, calendars] = await Promise.all([list<Holidays>('holidays', ctx.signal), list<Calendar>('calendars', ctx.signal)]);
  const saved = id === null ? null : await one<Holidays>('holidays', id, ctx.signal);
  const may = mayEdit(ctx);
  let dates = [...(saved?.dates ?? [])];

  const name = text({ maxlength: 200, required: true, disabled: !may, 'data-field': 'name', value: saved?.name ?? '' });
  const code = text({ maxlength: 63, required: true, spellcheck: false, disabled: !may || saved !== null, 'data-field': 'id', value: saved?.id ?? '' });
  let ownCode = saved !== null;
  name.addEventListener('input', () => { if (!ownCode) code.value = name.value ? free(identifier(name.value), all.map(c => c.id)) : ''; tellState(); });
  code.addEventListener('input', () => { ownCode = true; });

  const above = h('div', { class: 'above', 'aria-live': 'polite' });
  const state = h('span', { class: 'tag warn unsaved', role: 'status' });
  const years = h('div', { class: 'holiday-years', 'data-field': 'dates', 'data-faults': true });
  const single = h('input', { type: 'date', min: '2000-01-01', max: '2100-12-31', 'aria-label': t('calendars.oneDate') });
  const pasted = h('textarea', { rows: 4, 'aria-label': t('calendars.paste'), placeholder: '05/02/2027 – 11/02/2027\n30/04/2027\n2027-09-02' });
  const strange = h('p', { class: 'fault', role: 'alert' });
  const tellState = (): void => say(state, may && JSON.stringify([name.value, dates]) !== JSON.stringify([saved?.name ?? '', saved?.dates ?? []]) ? t('calendars.unsaved') : '');

  const draw = (): void => {
    const groups = new Map<string, string[]>();
    for (const date of dates) groups.set(date.slice(0, 4), [...(groups.get(date.slice(0, 4)) ?? []), date]);
    put(years, h('p', { class: 'fault', role: 'alert' }), dates.length === 0 ? h('p', { class: 'calm' }, t('calendars.noDates')) : [...groups].map(([year, inYear]) => h('section', { class: 'holiday-year' },
      h('h4', {}, year, ' ', h('span', { class: 'more' }, t('calendars.nights', { n: inYear.length }))),
      h('ul', { class: 'date-chips' }, inYear.map(date => h('li', {}, dateWords(date, { weekday: 'short', day: 'numeric', month: 'numeric' }),
        may ? h('button', { type: 'button', class: 'plain', 'aria-label': t('calendars.takeDate', { date: dateWords(date, { dateStyle: 'medium' }) }), onclick: () => { dates = dates.filter(d => d !== date); draw(); } }, '✕') : null))))));
    tellState();
  };
  const put1 = (more: string[]): void => { dates = [...new Set([...dates, ...more])].sort(); draw(); };
  const labelled = (name0: string, label: string, input: HTMLInputElement): HTMLElement => { const made = field(name0, label, input).box; made.setAttribute('data-faults', ''); return made; };

  const again = (): void => anew(holidayEditor(box, id, ctx), ctx);
  const store = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!name.value.trim()) { tellFaults(form, above, [{ row: 1, id: '', field: 'name', message: '', code: 'light-name' }]); name.focus(); return; }
    try {
      const kept = await save<Holidays>('holidays', code.value.trim(), { name: name.value.trim(), dates }, saved?.revision ?? null);
      notice(t('calendars.saved', { name: nameOf(kept) }));
      if (saved) again(); else ctx.go(`#/calendars/holidays/${encodeURIComponent(kept.id)}`);
    } catch (error) { refusedSave(error, form, above, again); }
  };
  const drop = async (): Promise<void> => {
    if (!saved || !await ask(t('calendars.removeTitle', { name: nameOf(saved) }), [t('calendars.removeDatesWhat')], t('calendars.removeDates'))) return;
    try { await remove('holidays', saved.id, saved.revision); ctx.go('#/calendars/holidays'); } catch (error) { refusedSave(error, form, above, again); }
  };

  const form: HTMLFormElement = h('form', { novalidate: true, onsubmit: store },
    h('div', { class: 'programme-title' }, h('h2', {}, saved ? nameOf(saved) : t('calendars.newHolidays')),
      h('div', { class: 'tools' }, may ? h('button', { class: 'ack' }, t('calendars.saveDates')) : null,
        saved && may ? h('button', { type: 'button', class: 'careful', disabled: saved.usedBy.length > 0, title: saved.usedBy.length ? t('calendars.removeUsedDates') : null, onclick: () => void drop() }, t('calendars.removeDates')) : null, state), h('a', { class: 'back', href: '#/calendars/holidays' }, `← ${t('lighting.back')}`)),
    h('div', { class: 'programme-head' }, labelled('name', t('calendars.holidaysName'), name), labelled('id', t('programmes.id'), code)),
    above, saved?.usedBy.length ? h('p', { class: 'more' }, t('calendars.usedBy', { who: saved.usedBy.map(used => nameOf(calendars.find(c => c.id === used) ?? { id: used, name: null })).join(', ') })) : null,
    h('p', { class: 'more' }, t('calendars.dateIsNight')),
    may ? h('div', { class: 'date-adding' },
      h('div', { class: 'tools' }, single, h('button', { type: 'button', onclick: () => { if (single.value) put1([single.value]); } }, t('calendars.addDate'))),
      h('label', { class: 'field' }, h('span', {}, t('calendars.paste')), pasted), strange,
      h('button', { type: 'button', onclick: () => {
        const found = datesIn(pasted.value);
        put1(found.dates);
        say(strange, found.strange.length ? t('calendars.strange', { what: found.strange.slice(0, 5).join('; ') }) : '');
        pasted.value = found.strange.join('\n');
        if (found.dates.length) notice(t('calendars.taken', { n: found.dates.length }));
      } }, t('calendars.takePasted'))) : null,
    years,
    saved ? h('p', { class: 'more small' }, t('programmes.changed', { who: saved.changedBy, when: moment(at(saved.changedAt)) })) : null);
  put(box, onlyLook(ctx), form);
  draw();
}
