// Tables with headings of the language file, and cells that say their age.
import { h, type Child } from './dom';
import { age, moment, t } from './i18n';

/** A cell whose age is rewritten each second. */
export const ageCell = (time: number, stale = false): HTMLTableCellElement =>
  h('td', { class: stale ? 'stale' : '', 'data-age': time || null, title: time ? moment(time) : null }, age(time));

/** A table in a box of its own that scrolls sideways. `heads` are keys; `body` to be filled later. */
export const table = (heads: string[], body: Child): HTMLElement => h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': heads.map(key => t(key)).join(', ') },
  h('table', {}, h('thead', {}, h('tr', {}, heads.map(key => h('th', { scope: 'col' }, t(key))))), body instanceof HTMLTableSectionElement ? body : h('tbody', {}, body)));
