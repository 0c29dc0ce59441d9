// The rules of a calendar: what one says in words, and the form in which it is changed. The first that matches a night wins.
import { h, put, type Child } from '../core/dom';
import { t, timeFormat } from '../core/i18n';
import { dateWords } from '../core/nightcurve';
import { nameOf, type Holidays, type Programme, type Rule } from './lighting-data';

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const nths = [1, 2, 3, 4, 5, -1];
/** A Monday, for the names of days. */
const monday = Date.UTC(2024, 0, 1);
export const weekdayName = (n: number, style: 'long' | 'short' | 'narrow' = 'long'): string => timeFormat({ weekday: style, timeZone: 'UTC' }).format(monday + n * 86_400_000);
const dayOfYear = (text: string): string => dateWords(`2024-${text}`, { day: 'numeric', month: 'long' });
const dateText = (text: string): string => (text.length === 5 ? dayOfYear(text) : dateWords(text, { dateStyle: 'medium' }));

/** "last Saturday of the month, 1 June to 31 August each year" */
export function ruleText(rule: Rule, holidays: Holidays[]): string {
  const parts: string[] = [];
  const days = (rule.weekdays ?? []).map(day => weekdayName(weekdays.indexOf(day))).join(', ');
  if (days) parts.push(rule.nth?.length ? t('calendars.says.nth', { days, nth: rule.nth.map(n => t(`calendars.nth.${n}`)).join(', ') }) : days);
  if (rule.from && rule.to) parts.push(t(rule.from.length === 5 ? 'calendars.says.yearly' : 'calendars.says.between', { from: dateText(rule.from), to: dateText(rule.to) }));
  else if (rule.from) parts.push(t('calendars.says.from', { from: dateText(rule.from) }));
  else if (rule.to) parts.push(t('calendars.says.to', { to: dateText(rule.to) }));
  if (rule.holidays) parts.push(t('calendars.says.holidays', { name: nameOf(holidays.find(one => one.id === rule.holidays) ?? { id: rule.holidays, name: null }) }));
  return parts.length ? parts.join('; ') : t('calendars.says.always');
}

export interface RuleList { element: HTMLElement; draw(): void; words(): void }

/** The list; `changed` after every change of content or order. */
export function ruleList(rules: Rule[], may: boolean, known: { programmes: Programme[]; holidays: Holidays[]; tone(id: string | null): string }, changed: () => void): RuleList {
  const element = h('ol', { class: 'rule-list' });
  let said: { rule: Rule; box: HTMLElement; chip: HTMLElement; item: HTMLElement }[] = [];

  const draw = (): void => {
    said = [];
    put(element, rules.length === 0 ? h('li', { class: 'more no-rule' }, t('calendars.noRules')) : rules.map(item));
    words();
  };
  const words = (): void => said.forEach(one => {
    one.box.textContent = ruleText(one.rule, known.holidays);
    one.chip.className = `chip ${known.tone(one.rule.programme)}`;
  });

  function item(rule: Rule, i: number): HTMLElement {
    const box = h('span', { class: 'rule-says' });
    const chip = h('span', {});
    const label = (key: string): string => t('calendars.fieldOf', { n: i + 1, field: t(key) });
    const programme = h('select', { 'aria-label': label('calendars.programme'), 'data-field': `rules[${i}].programme`, disabled: !may, onchange: () => { rule.programme = programme.value; words(); changed(); } },
      known.programmes.some(p => p.id === rule.programme) ? null : h('option', { value: rule.programme, selected: true }, rule.programme || t('calendars.choose')),
      known.programmes.map(p => h('option', { value: p.id, selected: p.id === rule.programme }, nameOf(p))));
    const move = (to: number): void => { rules.splice(to, 0, ...rules.splice(i, 1)); draw(); changed(); element.children[to]?.querySelector<HTMLElement>('summary')?.focus(); };
    const open = Object.keys(rule).length === 1; // new: nothing is said yet
    const li = h('li', { class: 'rule', 'data-faults': true, 'data-rule': i },
      h('div', { class: 'rule-head' }, h('b', { class: 'rule-count' }, `${i + 1}`), chip, programme, h('span', { class: 'rule-words' }, box),
        may ? h('div', { class: 'row-acts' },
          h('button', { type: 'button', disabled: i === 0, 'aria-label': t('calendars.up', { n: i + 1 }), onclick: () => move(i - 1) }, '↑'),
          h('button', { type: 'button', disabled: i === rules.length - 1, 'aria-label': t('calendars.down', { n: i + 1 }), onclick: () => move(i + 1) }, '↓'),
          h('button', { type: 'button', 'aria-label': t('calendars.take', { n: i + 1 }), onclick: () => { rules.splice(i, 1); draw(); changed(); } }, '✕')) : null),
      h('p', { class: 'fault', role: 'alert' }),
      may ? h('details', { class: 'rule-form', open }, h('summary', {}, t('calendars.conditions')), conditions(rule, i, label)) : null);
    said.push({ rule, box, chip, item: li });
    return li;
  }

  function conditions(rule: Rule, i: number, label: (key: string) => string): Child[] {
    const tell = (): void => { words(); changed(); };
    const tick = <T>(values: T[], has: (value: T) => boolean, name: (value: T) => string, set: (chosen: T[]) => void, field: string): HTMLElement => {
      const boxes = values.map(value => ({ value, input: h('input', { type: 'checkbox', checked: has(value) }) }));
      boxes.forEach(one => one.input.addEventListener('change', () => { set(boxes.filter(b => b.input.checked).map(b => b.value)); tell(); }));
      return h('div', { class: 'ticks', role: 'group', 'aria-label': label(field), 'data-field': `rules[${i}].${field.split('.').at(-1)}` }, boxes.map(one => h('label', {}, one.input, name(one.value))));
    };
    const span = h('div', { class: 'span' });
    const kind = rule.from?.length === 5 || rule.to?.length === 5 ? 'yearly' : rule.from || rule.to ? 'dates' : 'always';
    const kinds = h('select', { 'aria-label': label('calendars.span') }, ['always', 'dates', 'yearly'].map(one => h('option', { value: one, selected: one === kind }, t(`calendars.span.${one}`))));
    const drawSpan = (): void => {
      const field = (end: 'from' | 'to'): HTMLElement => {
        const key = `calendars.${end}`;
        if (kinds.value === 'dates') {
          const input = h('input', { type: 'date', min: '2000-01-01', max: '2100-12-31', value: rule[end] ?? '', 'aria-label': label(key), 'data-field': `rules[${i}].${end}`, onchange: () => { rule[end] = input.value || null; tell(); } });
          return h('label', {}, t(key), input);
        }
        const [month, day] = (rule[end] ?? (end === 'from' ? '01-01' : '12-31')).split('-').map(Number);
        const set = (): void => { rule[end] = `${months.value.padStart(2, '0')}-${days.value.padStart(2, '0')}`; tell(); };
        const days = h('input', { type: 'number', min: 1, max: 31, value: day!, 'aria-label': `${label(key)}: ${t('calendars.day')}`, 'data-field': `rules[${i}].${end}`, oninput: set });
        const months = h('select', { 'aria-label': `${label(key)}: ${t('calendars.month')}`, onchange: set },
          Array.from({ length: 12 }, (_, n) => h('option', { value: n + 1, selected: n + 1 === month }, dateWords(`2024-${String(n + 1).padStart(2, '0')}-01`, { month: 'long' }))));
        return h('span', { class: 'day-of-year' }, t(key), days, months);
      };
      put(span, kinds.value === 'always' ? null : [field('from'), field('to')]);
    };
    kinds.addEventListener('change', () => {
      [rule.from, rule.to] = kinds.value === 'yearly' ? ['06-01', '08-31'] : [null, null];
      drawSpan();
      tell();
    });
    drawSpan();
    const holidays = h('select', { 'aria-label': label('calendars.holidays'), 'data-field': `rules[${i}].holidays`, onchange: () => { rule.holidays = holidays.value || null; tell(); } },
      h('option', { value: '', selected: !rule.holidays }, t('calendars.anyDate')), known.holidays.map(one => h('option', { value: one.id, selected: one.id === rule.holidays }, nameOf(one))));
    return [h('p', { class: 'more small' }, t('calendars.allMustHold')), h('div', { class: 'condition-grid' },
      h('span', {}, t('calendars.weekdays')), tick(weekdays, day => (rule.weekdays ?? []).includes(day), day => weekdayName(weekdays.indexOf(day), 'short'), chosen => { rule.weekdays = chosen; }, 'calendars.weekdays'),
      h('span', {}, t('calendars.nth')), tick(nths, n => (rule.nth ?? []).includes(n), n => t(`calendars.nth.${n}`), chosen => { rule.nth = chosen; }, 'calendars.nth'),
      h('span', {}, t('calendars.span')), h('div', { class: 'spans' }, kinds, span),
      h('span', {}, t('calendars.holidays')), h('div', {}, holidays))];
  }

  draw();
  return { element, draw, words };
}
