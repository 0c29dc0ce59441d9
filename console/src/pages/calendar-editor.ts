// One calendar: its rules in order, what holds otherwise, and the year that comes of it, by the server, saved or not.
import { call } from '../core/api';
import { ask } from '../core/ask';
import { h, notice, put, say } from '../core/dom';
import { field, text } from '../core/form';
import { moment, t } from '../core/i18n';
import type { Ctx } from '../core/router';
import { at } from '../core/time';
import { ruleList, ruleText } from './calendar-rules';
import { yearView, type Year } from './calendar-year';
import { anew, faultsOf, free, identifier, latest, list, mayEdit, nameOf, one, onlyLook, refusedSave, remove, save, tag, tellFaults, type Calendar, type Holidays, type Programme, type Rule, type Setting } from './lighting-data';
import { tonight } from './programme-editor';
import { address } from './programmes';

/** Colours that are told apart; more programmes begin again with stripes. */
const tones = 8;

export async function calendarEditor(box: HTMLElement, id: string | null, from: string | null, ctx: Ctx): Promise<void> {
  const [all, programmes, holidays, settings] = await Promise.all([
    list<Calendar>('calendars', ctx.signal), list<Programme>('programmes', ctx.signal), list<Holidays>('holidays', ctx.signal), list<Setting>('settings', ctx.signal)]);
  const saved = id === null ? null : await one<Calendar>('calendars', id, ctx.signal);
  const model = saved ?? all.find(c => c.id === from) ?? null;
  const may = mayEdit(ctx);
  const rules: Rule[] = structuredClone(model?.rules ?? []).map(clean);
  const programmeName = (which: string | null): string => which === null ? t('calendars.noProgramme') : nameOf(programmes.find(p => p.id === which) ?? { id: which, name: null });
  const tone = (which: string | null): string => {
    const n = programmes.findIndex(p => p.id === which);
    return n < 0 ? 'shade-none' : `shade-${n % tones}${n >= tones ? ' striped' : ''}`;
  };

  const name = text({ maxlength: 200, required: true, disabled: !may, 'data-field': 'name', value: saved?.name ?? (model ? t('programmes.copyOf', { name: nameOf(model) }) : '') });
  const code = text({ maxlength: 63, required: true, spellcheck: false, disabled: !may || saved !== null, 'data-field': 'id', value: saved?.id ?? '' });
  let ownCode = saved !== null;
  const suggest = (): void => { if (!ownCode) code.value = name.value ? free(identifier(name.value), all.map(c => c.id)) : ''; };
  name.addEventListener('input', () => { suggest(); changed(); });
  code.addEventListener('input', () => { ownCode = true; });
  suggest();
  const otherwise = h('select', { 'data-field': 'default', 'aria-label': t('calendars.default'), disabled: !may, onchange: () => changed() },
    h('option', { value: '' }, t('calendars.noProgramme')), programmes.map(p => h('option', { value: p.id }, nameOf(p))));
  otherwise.value = model ? model.default ?? '' : programmes[0]?.id ?? '';
  const defaultChip = h('span', {});

  const above = h('div', { class: 'above', 'aria-live': 'polite' });
  const refusal = h('div', { class: 'above refusal', 'aria-live': 'polite' }); // of saving: a preview that goes well does not unsay it
  const state = h('span', { class: 'tag warn unsaved', role: 'status' });
  const body = (): { name: string; default: string | null; rules: Rule[] } => ({ name: name.value.trim(), default: otherwise.value || null, rules: rules.map(clean) });
  const before = saved ? JSON.stringify({ name: saved.name ?? '', default: saved.default, rules: saved.rules.map(clean) }) : '';
  const today = tonight();
  const year = h('input', { type: 'number', min: 2000, max: 2100, required: true, value: today.slice(0, 4), 'aria-label': t('calendars.year') });
  const turn = (by: number): void => { year.value = String(Math.min(2100, Math.max(2000, Number(year.value) + by))); draw(); };
  year.addEventListener('input', () => draw());

  const listed = ruleList(rules, may, { programmes, holidays, tone }, changed);
  const view = yearView({
    tone, name: programmeName, today, open: (programme, date) => ctx.go(`${address(programme)}/${date}`),
    rule: n => n === null ? t('calendars.byDefault') : t('calendars.byRule', { n: n + 1, rule: rules[n] ? ruleText(rules[n]!, holidays) : '' }),
  });
  const draw = latest(async () => {
    const asked = Number(year.value);
    if (!Number.isInteger(asked) || asked < 2000 || asked > 2100) return;
    try {
      const { default: standard, rules: now } = body();
      view.show(await call<Year>('POST', '/api/v1/lighting/preview/year', { body: { year: asked, calendar: { default: standard, rules: now } }, signal: ctx.signal }));
      tellFaults(form, above, []);
      view.element.classList.remove('old');
    } catch (error) {
      if (ctx.signal.aborted) return;
      view.element.classList.add('old');
      const faults = faultsOf(error);
      if (faults) tellFaults(form, above, faults); else notice(t('programmes.noPreview'), true);
    }
  }, 150, ctx.signal);
  function changed(): void {
    defaultChip.className = `chip ${tone(otherwise.value || null)}`;
    say(state, may && JSON.stringify(body()) !== before ? t('calendars.unsaved') : '');
    draw();
  }

  const again = (): void => anew(calendarEditor(box, id, from, ctx), ctx);
  const store = async (event: Event): Promise<void> => {
    event.preventDefault();
    put(refusal);
    if (!name.value.trim()) { tellFaults(form, above, [{ row: 1, id: '', field: 'name', message: '', code: 'light-name' }]); name.focus(); return; }
    try {
      const kept = await save<Calendar>('calendars', code.value.trim(), body(), saved?.revision ?? null);
      notice(t('calendars.saved', { name: nameOf(kept) }));
      if (saved) again(); else ctx.go(`#/calendars/edit/${encodeURIComponent(kept.id)}`);
    } catch (error) { refusedSave(error, form, refusal, again); }
  };
  const drop = async (): Promise<void> => {
    if (!saved || !await ask(t('calendars.removeTitle', { name: nameOf(saved) }), [t('calendars.removeWhat')], t('calendars.remove'))) return;
    try { await remove('calendars', saved.id, saved.revision); notice(t('calendars.removed', { name: nameOf(saved) })); ctx.go('#/calendars'); }
    catch (error) { refusedSave(error, form, refusal, again); }
  };
  const labelled = (name0: string, label: string, input: HTMLInputElement): HTMLElement => { const made = field(name0, label, input).box; made.setAttribute('data-faults', ''); return made; };
  const inForce = settings.filter(s => s.calendar === saved?.id);

  const form: HTMLFormElement = h('form', { class: 'calendar-form', novalidate: true, onsubmit: store },
    h('div', { class: 'programme-title' }, h('h2', {}, saved ? nameOf(saved) : t('calendars.newTitle')),
      h('div', { class: 'tools' }, may ? h('button', { class: 'ack' }, t('calendars.save')) : null,
        saved && may ? h('a', { class: 'button', href: `#/calendars/new/${encodeURIComponent(saved.id)}` }, t('programmes.copy')) : null,
        saved && may ? h('button', { type: 'button', class: 'careful', disabled: saved.usedBy.length > 0, title: saved.usedBy.length ? t('calendars.removeUsed') : null, onclick: () => void drop() }, t('calendars.remove')) : null, state), h('a', { class: 'back', href: '#/calendars' }, `← ${t('lighting.back')}`)),
    h('div', { class: 'programme-head' }, labelled('name', t('calendars.name'), name), labelled('id', t('programmes.id'), code)),
    above, refusal,
    h('h3', {}, t('calendars.rules')), h('p', { class: 'more' }, t('calendars.firstWins')),
    listed.element,
    h('div', { class: 'tools after-rules' }, may ? h('button', { type: 'button', onclick: () => {
      rules.push({ programme: programmes.find(p => p.id !== otherwise.value)?.id ?? programmes[0]?.id ?? '' });
      listed.draw();
      changed();
      listed.element.lastElementChild?.querySelector<HTMLElement>('select')?.focus();
    } }, t('calendars.addRule')) : null,
    h('label', { class: 'otherwise', 'data-faults': true }, t('calendars.default'), defaultChip, otherwise, h('span', { class: 'fault' }))),
    h('div', { class: 'year-head' }, h('h3', {}, t('calendars.yearOf')), h('button', { type: 'button', 'aria-label': t('calendars.yearBefore'), onclick: () => turn(-1) }, '‹'), year,
      h('button', { type: 'button', 'aria-label': t('calendars.yearAfter'), onclick: () => turn(1) }, '›'), h('span', { class: 'more' }, t('calendars.yearHelp'))),
    view.element,
    h('h3', {}, t('calendars.inForce')),
    saved?.lamps ? h('p', {}, h('strong', {}, t('programmes.lamps', { n: saved.lamps })), ' ', h('span', { class: 'more' }, inForce.map(s => (s.scope === 'city' ? t('lighting.city') : s.name)).join(', ')),
      saved.id === 'default' ? ` ${t('calendars.isDefault')}` : '') : h('p', {}, tag(t('calendars.nowhere'))),
    h('p', {}, h('a', { href: '#/calendars/places' }, t('calendars.toPlaces'))),
    saved ? h('p', { class: 'more small' }, t('programmes.changed', { who: saved.changedBy, when: moment(at(saved.changedAt)) })) : null);

  put(box, onlyLook(ctx), form);
  changed();
}

/** Without members that say nothing, in one order, so that two can be compared. */
function clean(rule: Rule): Rule {
  return {
    programme: rule.programme, ...(rule.from ? { from: rule.from } : {}), ...(rule.to ? { to: rule.to } : {}), ...(rule.weekdays?.length ? { weekdays: rule.weekdays } : {}),
    ...(rule.nth?.length ? { nth: rule.nth } : {}), ...(rule.holidays ? { holidays: rule.holidays } : {}),
  };
}
