// A table of any length: only the rows in sight are elements, so that ten thousand scroll as smoothly as ten.
import './longtable.css';
import { h, put } from './dom';
import { t } from './i18n';

export interface Head { key: string; sort?: string }
export interface LongTable<T> { element: HTMLElement; show(rows: T[]): void; sortedBy(by: string, down: boolean): void }

const spare = 12;

/** `cells` builds the cells of a row; all rows have the height of `rowRem`. `choose` is called with the sort name of a head that was pressed. */
export function longTable<T>(heads: Head[], rowRem: number, label: string, cells: (row: T) => { cells: HTMLElement[]; class?: string }, choose: (sort: string) => void): LongTable<T> {
  let rows: T[] = [], from = -1, to = -1;
  const above = h('tr', { 'aria-hidden': 'true' }), below = h('tr', { 'aria-hidden': 'true' }), body = h('tbody');
  const buttons = heads.map(head => (head.sort ? h('button', { class: 'long-sort', onclick: () => choose(head.sort!) }, t(head.key)) : null));
  const ths = heads.map((head, i) => h('th', { scope: 'col' }, buttons[i] ?? t(head.key)));
  const whole = h('table', { class: 'long-table', 'aria-label': label }, h('thead', {}, h('tr', { 'aria-rowindex': 1 }, ths)), body);
  const element = h('div', { class: 'long-box', tabindex: 0, role: 'region', 'aria-label': label }, whole);
  const height = (): number => rowRem * (parseFloat(getComputedStyle(document.documentElement).fontSize) || 16);

  const gap = (row: HTMLElement, pixels: number): void => {
    const cell = row.firstElementChild as HTMLElement | null ?? row.appendChild(h('td', { class: 'long-gap' }));
    cell.style.height = `${pixels}px`;
    row.hidden = pixels === 0;
  };

  function draw(force: boolean): void {
    const one = height(), first = Math.max(0, Math.floor(element.scrollTop / one) - spare), last = Math.min(rows.length, Math.ceil((element.scrollTop + element.clientHeight) / one) + spare);
    if (!force && first === from && last === to) return;
    from = first;
    to = last;
    gap(above, first * one);
    gap(below, (rows.length - last) * one);
    put(body, above, rows.slice(first, last).map((row, i) => {
      const made = cells(row), tr = h('tr', { class: made.class ?? null, 'aria-rowindex': first + i + 2 }, made.cells);
      tr.style.height = `${one}px`;
      return tr;
    }), below);
  }

  let asked = false;
  const soon = (): void => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; draw(false); });
  };
  element.addEventListener('scroll', soon, { passive: true });
  new ResizeObserver(() => draw(true)).observe(element);

  return {
    element,
    show(next) {
      rows = next;
      whole.setAttribute('aria-rowcount', String(rows.length + 1));
      // A row that has the focus is not taken from under it.
      if (!body.contains(document.activeElement)) draw(true);
    },
    sortedBy(by, down) {
      heads.forEach((head, i) => {
        if (!head.sort) return;
        if (head.sort === by) ths[i]!.setAttribute('aria-sort', down ? 'descending' : 'ascending');
        else ths[i]!.removeAttribute('aria-sort');
      });
      element.scrollTop = 0;
    },
  };
}
