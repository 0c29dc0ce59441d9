// One programme, drawn on any night of the year and changed there: by hand, by keys or in the table. What is drawn is the server's preview.
import { call } from '../core/api';
import { ask } from '../core/ask';
import { h, notice, put, say } from '../core/dom';
import { choice, field, text } from '../core/form';
import { language, moment, t } from '../core/i18n';
import { clockOf, cityClock, dateWords, hours, nextDay, nightCurve, offsetOf, type CurvePoint, type Preview } from '../core/nightcurve';
import type { Ctx } from '../core/router';
import { at } from '../core/time';
import { anew, faultsOf, free, identifier, latest, list, mayEdit, nameOf, one, onlyLook, places, refusedSave, remove, save, tag, tellFaults, type Calendar, type Point, type Programme } from './lighting-data';
import { most, pointRows, read, when, write, farthest, type Draft } from './programme-points';
import { address, saving } from './programmes';

const start: Point[] = [{ at: 'sunset', level: 100, rampSeconds: 300 }, { at: '22:30', level: 60, rampSeconds: 600 }, { at: '05:00', level: 80, rampSeconds: 300 }, { at: 'sunrise', level: 0, rampSeconds: 300 }];
const minute = 60_000, day = 86_400_000;

/** The night that is now, by the clock of this place: before noon it is still yesterday's. */
export const tonight = (): string => { const now = new Date(Date.now() - 12 * 3_600_000); return new Date(now.getTime() - now.getTimezoneOffset() * minute).toISOString().slice(0, 10); };

export async function programmeEditor(box: HTMLElement, id: string | null, from: string | null, onDate: string | null, ctx: Ctx): Promise<void> {
  const [all, calendars, where] = await Promise.all([list<Programme>('programmes', ctx.signal), list<Calendar>('calendars', ctx.signal), places(ctx.signal)]);
  const saved = id === null ? null : await one<Programme>('programmes', id, ctx.signal);
  const model = saved ?? all.find(p => p.id === from) ?? null;
  const may = mayEdit(ctx);
  const points: Draft[] = (model?.points ?? start).map(read);
  let selected = 0, fresh = false, shown: Preview | null = null, ghost: CurvePoint[] | null = null, ghostOf = '';

  const name = text({ maxlength: 200, required: true, disabled: !may, 'data-field': 'name', value: saved?.name ?? (model ? t('programmes.copyOf', { name: nameOf(model) }) : '') });
  const code = text({ maxlength: 63, required: true, spellcheck: false, disabled: !may || saved !== null, 'data-field': 'id', value: saved?.id ?? '' });
  let ownCode = saved !== null;
  const suggest = (): void => { if (!ownCode) code.value = name.value ? free(identifier(name.value), all.map(p => p.id)) : ''; };
  name.addEventListener('input', () => { suggest(); dirty(); });
  code.addEventListener('input', () => { ownCode = true; });
  suggest();

  const above = h('div', { class: 'above', 'aria-live': 'polite' });
  const refusal = h('div', { class: 'above refusal', 'aria-live': 'polite' }); // of saving: a preview that goes well does not unsay it
  const facts = h('dl', { class: 'facts night-facts' });
  const state = h('span', { class: 'tag warn unsaved', role: 'status' });
  const date = h('input', { type: 'date', required: true, min: '2000-01-01', max: '2100-12-31', value: onDate ?? tonight(), 'aria-label': t('programmes.date') });
  const season = h('input', { type: 'range', min: 1, max: 365, 'aria-label': t('programmes.season') });
  const place = choice(where, 'city', { 'aria-label': t('programmes.place') });

  const values = (): string => JSON.stringify([name.value, points.map(write)]);
  const before = saved ? JSON.stringify([saved.name ?? '', saved.points.map(read).map(write)]) : '';
  const isDirty = (): boolean => values() !== before;
  function dirty(): void { say(state, may && isDirty() ? t('programmes.unsaved') : ''); }

  const curve = nightCurve({ label: t('programmes.curve'), height: 21, edit: may ? {
    move(index, time, level) {
      const draft = points[index]!, night = shown!.nights[0]!;
      if (draft.base === 'clock') draft.minutes = minutesOf(Math.round(time / (5 * minute)) * 5 * minute, offsetOf(night.begin));
      else draft.minutes = clamp(Math.round((time - at(night[draft.base])) / (5 * minute)) * 5, farthest);
      draft.level = Math.round(level);
      changed();
      return { time: stands(draft), level: draft.level };
    },
    nudge(index, minutes, percent) {
      const draft = points[index]!;
      draft.minutes = draft.base === 'clock' ? (draft.minutes + minutes + 1440) % 1440 : clamp(draft.minutes + minutes, farthest);
      draft.level = Math.min(100, Math.max(0, draft.level + percent));
      changed();
    },
    ramp(index, seconds) { points[index]!.ramp = seconds; changed(); },
    add: insert,
    remove(index) { if (points.length > 1) { points.splice(index, 1); selected = Math.max(0, index - 1); rows.draw(); changed(); } },
    select(index) { selected = index; redraw(); },
  } : null });
  const rows = pointRows(points, may, { changed, built: changed, select(index) { selected = index; redraw(); }, selected: () => selected });
  ctx.signal.addEventListener('abort', () => curve.destroy());

  /** Where a point would stand if nothing drew it nearer. */
  function stands(draft: Draft): number {
    const night = shown!.nights[0]!;
    if (draft.base !== 'clock') return at(night[draft.base]) + draft.minutes * minute;
    return at(night.begin) + ((draft.minutes - 720 + 1440) % 1440) * minute;
  }

  function insert(time: number, level: number): void {
    if (points.length >= most || !shown) return;
    const night = shown.nights[0]!;
    const near = (['sunset', 'sunrise'] as const).find(sun => Math.abs(time - at(night[sun])) <= 30 * minute);
    const draft: Draft = near ? { base: near, minutes: Math.round((time - at(night[near])) / (5 * minute)) * 5, level: Math.round(level), ramp: 0 }
      : { base: 'clock', minutes: minutesOf(Math.round(time / (5 * minute)) * 5 * minute, offsetOf(night.begin)), level: Math.round(level), ramp: 0 };
    let index = night.times.findIndex(comes => at(comes) > time);
    if (index < 0) index = points.length;
    points.splice(index, 0, draft);
    selected = index;
    rows.draw();
    changed();
  }

  function redraw(): void {
    if (shown) curve.show(shown, { handles: points.map((draft, i) => ({ level: draft.level, ramp: draft.ramp, label: t('programmes.handle', { n: i + 1, when: when(draft) }) })), ghost: isDirty() ? ghost : null, selected });
    dashed.hidden = !(isDirty() && ghost);
    rows.refresh(shown?.nights[0]?.times ?? [], fresh);
  }

  const asked = (of: Point[]): Promise<Preview> => call<Preview>('POST', `/api/v1/lighting/preview?lang=${language()}`, {
    body: { programme: { name: name.value || null, points: of }, date: date.value, place: place.value }, signal: ctx.signal });
  const preview = latest(async () => {
    if (!date.value) return;
    try {
      const sent = points.map(write), view = await asked(sent);
      if (view.nights[0]!.times.length === points.length) shown = view; // else a point came or went meanwhile: its picture is under way
      const key = `${date.value} ${place.value}`;
      if (saved && isDirty() && ghostOf !== key) { ghost = (await asked(saved.points)).points; ghostOf = key; }
      fresh = JSON.stringify(sent) === JSON.stringify(points.map(write));
      tellFaults(form, above, []);
      curve.element.classList.remove('old');
      tellFacts(view);
      redraw();
    } catch (error) {
      const faults = faultsOf(error);
      if (ctx.signal.aborted) return;
      if (!faults) { notice(t('programmes.noPreview'), true); return; }
      curve.element.classList.add('old');
      tellFaults(form, above, faults);
    }
  }, 60, ctx.signal);
  function changed(): void { fresh = false; dirty(); rows.refresh(shown?.nights[0]?.times ?? [], fresh); preview(); }

  function tellFacts(view: Preview): void {
    const night = view.nights[0]!;
    const fact = (key: string, value: string, extra: string | null = null): HTMLElement => h('div', {}, h('dt', {}, t(key)), h('dd', {}, value, extra ? h('span', { class: 'more' }, ` ${extra}`) : null));
    put(facts, fact('programmes.factSunset', clockOf(night.sunset), night.dusk ? t('programmes.dusk', { time: clockOf(night.dusk) }) : null),
      fact('programmes.factSunrise', clockOf(night.sunrise), night.dawn ? t('programmes.dawn', { time: clockOf(night.dawn) }) : null),
      fact('programmes.factBurning', hours(night.burningHours)), fact('programmes.factFull', hours(night.fullHours), saving(night)));
    put(note, view.lat === null ? h('p', { class: 'bad' }, t('programmes.noPlace')) : null);
  }
  const note = h('div', {});
  const dashed = h('p', { class: 'more small dashed', hidden: true }, t('programmes.dashed'));

  const go = (to: string): void => {
    if (!to) return;
    date.value = to;
    const first = Date.parse(`${to.slice(0, 4)}-01-01T00:00:00Z`);
    season.value = String(Math.round((Date.parse(`${to}T00:00:00Z`) - first) / day) + 1);
    say(dayName, dateWords(to, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }));
    preview();
  };
  const dayName = h('span', { class: 'day-name' });
  date.addEventListener('change', () => go(date.value));
  season.addEventListener('input', () => go(nextDay(`${date.value.slice(0, 4) || new Date().getFullYear()}-01-01`, Number(season.value) - 1)));
  place.addEventListener('change', () => preview());
  const year = (): string => date.value.slice(0, 4) || tonight().slice(0, 4);
  const jump = (key: string, to: () => string): HTMLElement => h('button', { type: 'button', onclick: () => go(to()) }, t(key));

  const again = (): void => anew(programmeEditor(box, id, from, date.value, ctx), ctx);
  const store = async (event: Event): Promise<void> => {
    event.preventDefault();
    put(refusal);
    if (!name.value.trim()) { tellFaults(form, above, [{ row: 1, id: '', field: 'name', message: '', code: 'light-name' }]); name.focus(); return; }
    try {
      const kept = await save<Programme>('programmes', code.value.trim(), { name: name.value.trim(), points: points.map(write) }, saved?.revision ?? null);
      notice(t('programmes.saved', { name: nameOf(kept) }));
      if (saved) again(); else ctx.go(address(kept.id));
    } catch (error) { refusedSave(error, form, refusal, again); }
  };
  const drop = async (): Promise<void> => {
    if (!saved || !await ask(t('programmes.removeTitle', { name: nameOf(saved) }), [t('programmes.removeWhat')], t('programmes.remove'))) return;
    try { await remove('programmes', saved.id, saved.revision); notice(t('programmes.removed', { name: nameOf(saved) })); ctx.go('#/programmes'); }
    catch (error) { refusedSave(error, form, refusal, again); }
  };
  const labelled = (name0: string, label: string, input: HTMLInputElement): HTMLElement => { const made = field(name0, label, input).box; made.setAttribute('data-faults', ''); return made; };

  const form: HTMLFormElement = h('form', { class: 'programme-form', novalidate: true, onsubmit: store },
    h('div', { class: 'programme-title' }, h('h2', {}, saved ? nameOf(saved) : t('programmes.newTitle')),
      h('div', { class: 'tools' }, may ? h('button', { class: 'ack' }, t('programmes.save')) : null,
        saved && may ? h('a', { class: 'button', href: `#/programmes/new/${encodeURIComponent(saved.id)}` }, t('programmes.copy')) : null,
        saved && may ? h('button', { type: 'button', class: 'careful', disabled: saved.usedBy.length > 0, title: saved.usedBy.length ? t('programmes.removeUsed') : null, onclick: () => void drop() }, t('programmes.remove')) : null, state), h('a', { class: 'back', href: '#/programmes' }, `← ${t('lighting.back')}`)),
    h('div', { class: 'programme-head' }, labelled('name', t('programmes.name'), name), labelled('id', t('programmes.id'), code)),
    above, refusal,
    h('div', { class: 'night-pick' },
      h('div', { class: 'tools' }, h('button', { type: 'button', 'aria-label': t('programmes.dayBefore'), onclick: () => go(nextDay(date.value, -1)) }, '‹'), date,
        h('button', { type: 'button', 'aria-label': t('programmes.dayAfter'), onclick: () => go(nextDay(date.value)) }, '›'),
        jump('programmes.today', tonight), jump('programmes.summer', () => `${year()}-06-21`), jump('programmes.winter', () => `${year()}-12-21`), place),
      h('div', { class: 'season' }, season, dayName)),
    curve.element, dashed, note, facts,
    may ? h('p', { class: 'more' }, t('programmes.hand')) : null,
    rows.element,
    may ? h('div', { class: 'tools' }, h('button', { type: 'button', onclick: () => {
      // In the middle of the longest stretch without a point.
      const times = shown?.nights[0]?.times.map(at) ?? [];
      const i = times.slice(1).reduce((best, time, n) => (time - times[n]! > times[best + 1]! - times[best]! ? n : best), 0);
      insert(times.length > 1 ? (times[i]! + times[i + 1]!) / 2 : at(shown!.sunset), points[i]?.level ?? 100);
    } }, t('programmes.add'))) : null,
    h('h3', {}, t('programmes.usedBy')),
    saved?.usedBy.length ? h('ul', { class: 'used-by' }, saved.usedBy.map(used => {
      const calendar = calendars.find(c => c.id === used);
      return h('li', {}, h('a', { href: `#/calendars/edit/${encodeURIComponent(used)}` }, nameOf(calendar ?? { id: used, name: null })), ' ', h('span', { class: 'more' }, t('programmes.lamps', { n: calendar?.lamps ?? 0 })));
    })) : h('p', {}, tag(t('programmes.unused')), ' ', h('span', { class: 'more' }, t('programmes.unusedWhat'))),
    saved ? h('p', { class: 'more small' }, t('programmes.changed', { who: saved.changedBy, when: moment(at(saved.changedAt)) })) : null);

  put(box, onlyLook(ctx), form);
  dirty();
  go(date.value);
}

const clamp = (value: number, far: number): number => Math.min(far, Math.max(-far, value));
const minutesOf = (time: number, offset: number): number => { const [hour, part] = cityClock(time, offset).split(':').map(Number); return hour! * 60 + part!; };
