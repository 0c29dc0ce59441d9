// The points of a programme as rows: when (a time of the clock, or so long before or after sunset or sunrise), how bright, how long the way there takes.
import { h, put, say } from '../core/dom';
import { t } from '../core/i18n';
import { clockOf } from '../core/nightcurve';
import type { Point } from './lighting-data';

export type Base = 'clock' | 'sunset' | 'sunrise';
/** A point while it is edited: minutes of the clock since midnight, or after (negative: before) the sun's event. */
export interface Draft { base: Base; minutes: number; level: number; ramp: number }

const bases: Base[] = ['sunset', 'clock', 'sunrise'];
export const farthest = 360;
export const most = 48;

export function read(point: Point): Draft {
  const sun = /^(sunset|sunrise)([+-]\d+)?$/.exec(point.at);
  const clock = /^(\d\d):(\d\d)$/.exec(point.at);
  return {
    base: sun ? sun[1] as Base : 'clock', minutes: sun ? Number(sun[2] ?? 0) : clock ? Number(clock[1]) * 60 + Number(clock[2]) : 0,
    level: point.level, ramp: point.rampSeconds ?? 0,
  };
}

const twoDigits = (value: number): string => String(value).padStart(2, '0');
export const clockText = (minutes: number): string => `${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}`;
export const write = (draft: Draft): Point => ({
  at: draft.base === 'clock' ? clockText(draft.minutes) : `${draft.base}${draft.minutes === 0 ? '' : draft.minutes > 0 ? `+${draft.minutes}` : draft.minutes}`,
  level: draft.level, ...(draft.ramp > 0 ? { rampSeconds: draft.ramp } : {}),
});

/** "30 minutes before sunset" */
export const when = (draft: Draft): string => draft.base === 'clock' ? clockText(draft.minutes)
  : t(`programmes.${draft.base}.${draft.minutes === 0 ? 'at' : draft.minutes < 0 ? 'before' : 'after'}`, { n: Math.abs(draft.minutes) });

export interface Rows { element: HTMLElement; draw(): void; refresh(times: string[], fresh: boolean): void }

/** `changed` after every change of a value; `built` after one of order or number. */
export function pointRows(points: Draft[], may: boolean, on: { changed(): void; built(): void; select(index: number): void; selected(): number }): Rows {
  const body = h('tbody', {});
  const element = h('div', { class: 'scroll points' }, h('table', {}, h('thead', {}, h('tr', {},
    ['programmes.point', 'programmes.when', 'programmes.comes', 'programmes.level', 'programmes.ramp', ...(may ? ['programmes.acts'] : [])].map(key => h('th', { scope: 'col' }, t(key))))), body));
  let rows: { draft: Draft; fill(times: string[], fresh: boolean): void; row: HTMLElement }[] = [];

  const build = (): void => {
    rows = points.map((draft, i) => oneRow(draft, i));
    put(body, rows.map(one => one.row));
  };

  function oneRow(draft: Draft, i: number): { draft: Draft; fill(times: string[], fresh: boolean): void; row: HTMLElement } {
    const name = (key: string): string => t('programmes.fieldOf', { n: i + 1, field: t(key) });
    const change = (fn: () => void) => () => { fn(); on.changed(); };
    const base = h('select', { 'aria-label': name('programmes.when'), 'data-field': `points[${i}].base`, disabled: !may, onchange: () => {
      draft.base = base.value as Base;
      // What it was on the clock is no distance from the sun, and the other way round.
      draft.minutes = draft.base === 'clock' ? clockNow() : 0;
      build();
      on.built();
    } }, bases.map(one => h('option', { value: one, selected: one === draft.base }, t(`programmes.base.${one}`))));
    const clockNow = (): number => { const [hour, minute] = comes.textContent?.split(':').map(Number) ?? []; return Number.isFinite(hour) && Number.isFinite(minute) ? hour! * 60 + minute! : 22 * 60; };
    const time = draft.base === 'clock'
      ? h('input', { class: 'clock-time', required: true, maxlength: 5, inputmode: 'numeric', placeholder: '22:30', 'data-field': `points[${i}].at`, 'aria-label': name('programmes.base.clock'), disabled: !may, value: clockText(draft.minutes), oninput: change(() => {
        // Not a time field of the browser: that one writes 10:30 PM where the browser is English.
        const found = /^([01]?\d|2[0-3])[:hg.]?([0-5]\d)$/.exec(time.value.trim());
        if (found) draft.minutes = Number(found[1]) * 60 + Number(found[2]);
        time.setAttribute('aria-invalid', String(!found));
        if (found) time.removeAttribute('aria-invalid');
      }) })
      : h('input', { type: 'number', min: -farthest, max: farthest, step: 1, required: true, 'data-field': `points[${i}].at`, 'aria-label': name('programmes.offset'), disabled: !may, value: draft.minutes, oninput: change(() => {
        if (time.value !== '' && Number.isInteger(Number(time.value))) draft.minutes = Number(time.value);
      }) });
    const level = h('input', { type: 'number', min: 0, max: 100, step: 'any', required: true, 'data-field': `points[${i}].level`, 'aria-label': name('programmes.level'), disabled: !may, value: draft.level, oninput: change(() => {
      if (level.value !== '') draft.level = Number(level.value);
    }) });
    const ramp = h('input', { type: 'number', min: 0, max: 360, step: 'any', 'data-field': `points[${i}].rampSeconds`, 'aria-label': name('programmes.ramp'), disabled: !may, value: draft.ramp / 60, oninput: change(() => {
      draft.ramp = ramp.value === '' ? 0 : Math.round(Number(ramp.value) * 60);
    }) });
    const comes = h('span', { class: 'comes' });
    const meaning = h('span', { class: 'more meaning' });
    const move = (to: number): void => { points.splice(to, 0, ...points.splice(i, 1)); build(); on.built(); on.select(to); };
    const row = h('tr', { 'data-faults': true, onfocusin: () => { if (on.selected() !== i) on.select(i); } },
      h('th', { scope: 'row' }, h('span', { class: 'point-count' }, i + 1)),
      h('td', { class: 'wrap' }, h('div', { class: 'when' }, base, time, draft.base === 'clock' ? null : h('span', { class: 'more' }, t('programmes.minutes'))), meaning, h('p', { class: 'fault', role: 'alert' })),
      h('td', {}, comes),
      h('td', {}, h('div', { class: 'when' }, level, h('span', { class: 'more', 'aria-hidden': 'true' }, '%'))),
      h('td', {}, h('div', { class: 'when' }, ramp, h('span', { class: 'more' }, t('programmes.minutes')))),
      may ? h('td', {}, h('div', { class: 'row-acts' },
        h('button', { type: 'button', disabled: i === 0, 'aria-label': t('programmes.up', { n: i + 1 }), onclick: () => move(i - 1) }, '↑'),
        h('button', { type: 'button', disabled: i === points.length - 1, 'aria-label': t('programmes.down', { n: i + 1 }), onclick: () => move(i + 1) }, '↓'),
        h('button', { type: 'button', disabled: points.length === 1, 'aria-label': t('programmes.take', { n: i + 1 }), onclick: () => { points.splice(i, 1); build(); on.built(); } }, '✕'))) : null);
    return {
      draft, row,
      fill(times, fresh) {
        say(comes, times[i] ? clockOf(times[i]!) : '');
        say(meaning, draft.base === 'clock' ? (fresh && times[i] && clockOf(times[i]!) !== clockText(draft.minutes) ? t('programmes.drawn', { time: clockOf(times[i]!) }) : '') : when(draft));
        const set = (input: HTMLInputElement, value: string): void => { if (input !== document.activeElement && input.value !== value && !input.hasAttribute('aria-invalid')) input.value = value; };
        set(time, draft.base === 'clock' ? clockText(draft.minutes) : String(draft.minutes));
        set(level, String(draft.level));
        set(ramp, String(draft.ramp / 60));
        row.classList.toggle('selected', on.selected() === i);
      },
    };
  }

  build();
  return { element, draw: build, refresh: (times, fresh) => rows.forEach(one => one.fill(times, fresh)) };
}
