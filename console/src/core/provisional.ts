// What this server's rules say while the city's book is away: in sight, aloud, and unmistakably not recorded. Whole each time; gone when the book is back.
import './provisional.css';
import * as alerts from './alerts';
import { h, put } from './dom';
import { number, t, word } from './i18n';
import { age, at, clock } from './time';
import type { Alert } from './types';

export interface Provisional { away: boolean; since?: string | null; count: number; items: Alert[] }

const none: Provisional = { away: false, count: 0, items: [] };
const shown = 6; // the list of what is recorded stays in sight below
const symbols: Record<string, string> = { critical: '▲', major: '◆', minor: '●', info: '■' };
let now = none;

let box: HTMLElement | null = null;

/** Where it stands on the screen; made when it is first wanted. */
export const element = (): HTMLElement => box ??= h('section', { class: 'provisional', role: 'alert', hidden: true });

/** What waits for the book, worst first; each rings as any other alert. */
export const items = (): Alert[] => now.items;
export const away = (): boolean => now.away;

/** Takes what the server says; those that were not there before. */
export function take(said: Provisional): Alert[] {
  const known = new Set(now.items.map(item => item.id));
  now = said;
  draw();
  return said.items.filter(item => !known.has(item.id));
}

export const clear = (): void => { now = none; draw(); };

/** Also in another language. */
export function draw(): void {
  if (!box) return;
  box.hidden = !now.away && now.count === 0;
  if (box.hidden) { put(box); return; }
  box.setAttribute('aria-label', t('provisional.title'));
  put(box,
    h('p', { class: 'provisional-head' }, h('strong', {}, t('provisional.title')), now.count > 0 ? h('span', { class: 'count' }, number(now.count)) : null),
    h('p', { class: 'provisional-what' }, t(!now.away ? 'provisional.back' : now.count > 0 ? 'provisional.away' : 'provisional.none', { time: now.since ? clock(at(now.since)) : '' })),
    h('ol', {}, now.items.slice(0, shown).map(row)),
    now.count > shown ? h('p', { class: 'more' }, t('provisional.more', { n: number(now.count - shown) })) : null);
}

function row(alert: Alert): HTMLElement {
  const raised = at(alert.measuredAt), over = alert.state !== 'raised' || alert.clearedAt;
  return h('li', { class: `${alert.severity}${over ? ' over' : ''}`, 'data-id': alert.id, 'data-kind': alert.kind },
    h('div', { class: 'line' },
      h('span', { class: 'name' }, h('span', { class: 'symbol', 'aria-hidden': 'true' }, symbols[alert.severity] ?? ''), h('strong', { class: 'kind' }, word('kind', alert.kind))),
      h('span', { class: 'age', 'data-age': String(raised) }, age(raised))),
    h('div', { class: 'line' }, h('span', { class: 'where' }, alerts.where(alert)), h('em', { class: 'mark' }, t(over ? 'provisional.over' : 'provisional.mark'))));
}
