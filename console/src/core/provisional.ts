// What the servers' rules say while the city's book is away: in sight, aloud, and unmistakably not recorded. Whole each time; gone when the book is back.
// This server tells its own by the stream; what another one has, which it alone judges, is heard of by asking who is there.
import './provisional.css';
import * as alerts from './alerts';
import { h, put } from './dom';
import { number, t, word } from './i18n';
import type { Other } from './servers';
import { age, at, clock } from './time';
import type { Alert } from './types';

export interface Provisional { away: boolean; since?: string | null; count: number; items: Alert[] }

const none: Provisional = { away: false, count: 0, items: [] };
const shown = 6; // the list of what is recorded stays in sight below
const symbols: Record<string, string> = { critical: '▲', major: '◆', minor: '●', info: '■' };
let now = none, elsewhere: readonly Other[] = [];

let box: HTMLElement | null = null;

/** Where it stands on the screen; made when it is first wanted. */
export const element = (): HTMLElement => box ??= h('section', { class: 'provisional', role: 'alert', hidden: true });

export interface Item { alert: Alert; server: string | null }

const rank: Record<string, number> = { critical: 3, major: 2, minor: 1, info: 0 };
const subject = (alert: Alert): string => `${alert.kind} ${alert.zone ?? alert.device}`;

/** Everything that waits for the book, worst first. What two servers see of one zone is one danger, and what is in the list is told there. */
export function everything(): Item[] {
  const items: Item[] = now.items.map(alert => ({ alert, server: null }));
  const theirs = elsewhere.filter(other => other.provisional?.items.length);
  if (theirs.length === 0) return items; // as the server sorted them; asked for several times a second
  const seen = new Set(now.items.map(subject));
  if (!now.away) for (const alert of alerts.everyOpen()) seen.add(subject(alert));
  for (const other of theirs) {
    for (const alert of other.provisional!.items) {
      if (seen.has(subject(alert))) continue;
      seen.add(subject(alert));
      items.push({ alert, server: other.name });
    }
  }
  return items.sort((a, b) => (rank[b.alert.severity] ?? 0) - (rank[a.alert.severity] ?? 0) || at(b.alert.measuredAt) - at(a.alert.measuredAt));
}

/** What rings as any other alert. Where this server has the book, a danger that another sees comes here by its gateway, and rings then. */
export const items = (): Alert[] => everything().filter(item => now.away || !item.server).map(item => item.alert);
export const away = (): boolean => now.away;

/** Takes what the server says; those that were not there before. */
export function take(said: Provisional): Alert[] {
  const known = new Set(items().map(item => item.id));
  now = said;
  draw();
  return items().filter(item => !known.has(item.id));
}

/** Takes what the other servers say; those that were not there before. */
export function takeElsewhere(others: readonly Other[]): Alert[] {
  const known = new Set(items().map(item => item.id));
  elsewhere = others;
  draw();
  return items().filter(item => !known.has(item.id));
}

export const clear = (): void => { now = none; draw(); };
export const forget = (): void => { now = none; elsewhere = []; draw(); };

/** Also in another language. */
export function draw(): void {
  if (!box) return;
  const all = everything(), count = all.length + Math.max(0, now.count - now.items.length);
  const deaf = now.away ? elsewhere.filter(one => one.state === 'silent' || one.state === 'unanswering') : [];
  box.hidden = !now.away && count === 0;
  if (box.hidden) { put(box); return; }
  box.setAttribute('aria-label', t('provisional.title'));
  put(box,
    h('p', { class: 'provisional-head' }, h('strong', {}, t('provisional.title')), count > 0 ? h('span', { class: 'count' }, number(count)) : null),
    h('p', { class: 'provisional-what' }, what(all, count)),
    deaf.map(one => h('p', { class: 'provisional-what bad' }, t('provisional.deaf', { name: one.name }))),
    h('ol', {}, all.slice(0, shown).map(row)),
    count > shown ? h('p', { class: 'more' }, t('provisional.more', { n: number(count - shown) })) : null);
}

function what(all: Item[], count: number): string {
  if (now.away) return t(count > 0 ? 'provisional.away' : 'provisional.none', { time: now.since ? clock(at(now.since)) : '' });
  const one = all.find(item => item.server);
  return one && now.count === 0 ? t('provisional.elsewhere', { name: one.server! }) : t('provisional.back');
}

function row({ alert, server }: Item): HTMLElement {
  const raised = at(alert.measuredAt), over = alert.state !== 'raised' || alert.clearedAt;
  return h('li', { class: `${alert.severity}${over ? ' over' : ''}`, 'data-id': alert.id, 'data-kind': alert.kind },
    h('div', { class: 'line' },
      h('span', { class: 'name' }, h('span', { class: 'symbol', 'aria-hidden': 'true' }, symbols[alert.severity] ?? ''), h('strong', { class: 'kind' }, word('kind', alert.kind))),
      h('span', { class: 'age', 'data-age': String(raised) }, age(raised))),
    h('div', { class: 'line' }, h('span', { class: 'where' }, alerts.where(alert)), h('em', { class: 'mark' }, t(over ? 'provisional.over' : server ? 'provisional.markAt' : 'provisional.mark', { name: server ?? '' }))));
}
