// A year of nights, each in the colour of its programme; hover or focus says which programme and which rule. One night takes the focus; arrows move it.
import { h, put, say } from '../core/dom';
import { number, t } from '../core/i18n';
import { clockOf, dateWords, hours, nextDay } from '../core/nightcurve';
import { weekdayName } from './calendar-rules';

interface YearNight { date: string; programme: string | null; rule: number | null; sunset: string; sunrise: string }
export interface Year { year: number; programmes: { id: string | null; name: string | null; nights: number; burningHours: number; fullHours: number }[]; nights: YearNight[] }

export interface YearView { element: HTMLElement; show(year: Year): void }

export function yearView(how: { tone(id: string | null): string; name(id: string | null): string; rule(n: number | null): string; today: string; open(id: string, date: string): void }): YearView {
  const months = h('div', { class: 'months', 'data-keys': true });
  const legend = h('ul', { class: 'legend' });
  const told = h('p', { class: 'night-told', 'aria-live': 'polite' });
  const element = h('div', { class: 'year-view' }, legend, told, months);
  const cells = new Map<string, HTMLButtonElement>();
  let now: Year | null = null, built = 0, stop = '';

  const words = (night: YearNight): string => t('calendars.nightSays', {
    date: dateWords(night.date, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }), programme: how.name(night.programme), rule: how.rule(night.rule),
    sunset: clockOf(night.sunset), sunrise: clockOf(night.sunrise),
  });
  const tell = (date: string): void => { const night = now?.nights.find(one => one.date === date); if (night) say(told, words(night)); };
  const focus = (date: string): void => {
    const cell = cells.get(date);
    if (!cell) return;
    cells.get(stop)?.setAttribute('tabindex', '-1');
    stop = date;
    cell.setAttribute('tabindex', '0');
  };

  function build(year: number): void {
    cells.clear();
    built = year;
    put(months, Array.from({ length: 12 }, (_, m) => {
      const first = `${year}-${String(m + 1).padStart(2, '0')}-01`;
      const rows: (HTMLElement | null)[][] = [];
      for (let date = first; date.slice(0, 7) === first.slice(0, 7); date = nextDay(date)) {
        const n = (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7;
        if (rows.length === 0 || n === 0) rows.push(Array.from({ length: 7 }, () => null));
        const cell = h('button', { type: 'button', class: 'night', tabindex: -1, 'data-date': date }, String(Number(date.slice(8))));
        cells.set(date, cell);
        rows.at(-1)![n] = cell;
      }
      return h('table', { class: 'month' }, h('caption', {}, dateWords(first, { month: 'long' })),
        h('thead', {}, h('tr', {}, Array.from({ length: 7 }, (_, n) => h('th', { scope: 'col', abbr: weekdayName(n) }, weekdayName(n, 'narrow'))))),
        h('tbody', {}, rows.map(row => h('tr', {}, row.map(cell => h('td', {}, cell))))));
    }));
    focus(cells.has(how.today) ? how.today : `${year}-01-01`);
  }

  const dateOf = (target: EventTarget | null): string | undefined => (target instanceof HTMLElement ? target.dataset.date : undefined);
  months.addEventListener('pointerover', event => { const date = dateOf(event.target); if (date) tell(date); });
  months.addEventListener('focusin', event => { const date = dateOf(event.target); if (date) { focus(date); tell(date); } });
  months.addEventListener('click', event => {
    const date = dateOf(event.target), night = now?.nights.find(one => one.date === date);
    if (date && night?.programme) how.open(night.programme, date);
  });
  months.addEventListener('keydown', event => {
    const date = dateOf(event.target);
    const by: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7, PageUp: -28, PageDown: 28 };
    if (!date) return;
    const to = event.key === 'Home' ? `${built}-01-01` : event.key === 'End' ? `${built}-12-31` : by[event.key] ? nextDay(date, by[event.key]!) : null;
    if (!to) return;
    event.preventDefault();
    event.stopPropagation();
    cells.get(to)?.focus();
  });

  return {
    element,
    show(year) {
      now = year;
      if (built !== year.year) build(year.year);
      for (const night of year.nights) {
        const cell = cells.get(night.date)!;
        const look = `night ${how.tone(night.programme)}${night.rule === null ? '' : ' ruled'}${night.date === how.today ? ' today' : ''}`;
        if (cell.className !== look) cell.className = look;
        cell.setAttribute('aria-label', words(night));
      }
      put(legend, year.programmes.map(one => h('li', {}, h('span', { class: `chip ${how.tone(one.id)}` }), h('b', {}, how.name(one.id)), ' ', t('calendars.nights', { n: one.nights }),
        one.id ? h('span', { class: 'more' }, ' · ', t('calendars.perNight', { time: hours(one.burningHours / one.nights), percent: number((1 - one.fullHours / Math.max(one.burningHours, 0.001)) * 100, 0) })) : null)));
      tell(cells.has(how.today) ? how.today : year.nights[0]!.date);
    },
  };
}
