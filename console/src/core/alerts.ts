// The open alerts: worst first, then newest. One list, always in sight.
import { h, put } from './dom';
import { age, moment, number, t, word } from './i18n';
import type { Alert } from './types';

const worst: Record<string, number> = { critical: 0, major: 1, minor: 2, info: 3 };
const shown = 200; // rows drawn; the rest is counted in words
const alerts = new Map<string, Alert>();
let chosen: string | null = null, byHand = false, movedAt = 0;

export const isOpen = (alert: Alert): boolean => alert.state !== 'closed' && alert.state !== 'resolved';

/** `cleared`: the condition has ended by itself, and a person must still decide (a fire). */
export const marks = (alert: Alert): string[] => [
  alert.clearedAt ? 'cleared' : '', alert.test ? alert.occasion ?? 'test' : '', alert.historical ? 'historical' : '',
  alert.flapping ? 'flapping' : '', (alert.escalation ?? 0) > 0 ? 'escalated' : '',
].filter(Boolean);
export const waiting = (alert: Alert): boolean => alert.state === 'raised';

/** Takes one alert; null when it is older than what is known (a stream and a list overlap, and may say things twice). */
export function take(alert: Alert): 'new' | 'changed' | null {
  const old = alerts.get(alert.id);
  if (old && old.revision >= alert.revision) return null;
  alerts.set(alert.id, alert);
  return old ? 'changed' : 'new';
}

/** Replaces everything by the server's list. Alerts that the stream has since brought further stay further. */
export function replace(list: Alert[]): void {
  const there = new Set(list.map(a => a.id));
  for (const id of [...alerts.keys()]) if (!there.has(id)) alerts.delete(id);
  list.forEach(take);
}

export const clear = (): void => { alerts.clear(); choose(null); };
export const find = (id: string): Alert | undefined => alerts.get(id);

export function open(): Alert[] {
  return [...alerts.values()].filter(isOpen).sort((a, b) =>
    (worst[a.severity] ?? 9) - (worst[b.severity] ?? 9) ||
    Number(waiting(b)) - Number(waiting(a)) ||
    Date.parse(b.measuredAt) - Date.parse(a.measuredAt) || (a.id < b.id ? -1 : 1));
}

/** The alert that a key acts on: the one a person chose, else the worst that waits. */
export function current(): Alert | null {
  const held = chosen === null ? undefined : alerts.get(chosen);
  if (held && isOpen(held) && byHand) return held;
  const list = open();
  const best = list.find(waiting) ?? list[0] ?? null;
  if ((best?.id ?? null) !== chosen) { chosen = best?.id ?? null; byHand = false; movedAt = performance.now(); }
  return best;
}

/** A frame that has just jumped by itself was not read yet: a key pressed at that moment was meant for another alert. */
export const settled = (): boolean => byHand || performance.now() - movedAt > 700;

export function choose(id: string | null): void {
  chosen = id;
  byHand = id !== null;
}

export function move(step: number): void {
  const list = open();
  const from = list.findIndex(a => a.id === current()?.id);
  const next = list[Math.min(Math.max(from + step, 0), list.length - 1)];
  if (next) choose(next.id);
}

export const where = (alert: Alert): string => [alert.location?.name ?? alert.location?.street, alert.zone, alert.device].filter(Boolean).join(' · ');

export function valueText(alert: Alert): string {
  if (alert.value === null || alert.value === undefined) return '';
  return alert.threshold === null || alert.threshold === undefined
    ? number(alert.value)
    : t('alert.value', { value: number(alert.value), threshold: number(alert.threshold) });
}

export interface Act {
  mayAct(): boolean;
  choose(id: string): void;
  acknowledge(alert: Alert): void;
}

function row(alert: Alert, isChosen: boolean, act: Act): HTMLElement {
  const began = Date.parse(alert.measuredAt);
  return h('li', { class: `alert ${alert.severity} ${alert.state}${isChosen ? ' chosen' : ''}`, 'data-id': alert.id, onclick: () => act.choose(alert.id) },
    h('div', { class: 'line' },
      h('strong', { class: 'kind' }, word('kind', alert.kind)),
      h('span', { class: 'age', 'data-age': began, title: moment(began) }, age(began))),
    h('div', { class: 'line' },
      h('span', { class: 'where' }, where(alert)),
      h('span', { class: 'value' }, valueText(alert))),
    h('div', { class: 'line small' },
      h('span', {}, `${word('severity', alert.severity)} · ${word('state', alert.state)}`,
        marks(alert).map(name => h('em', { class: 'mark' }, t(`mark.${name}`)))),
      h('span', { class: 'buttons' },
        waiting(alert) && act.mayAct() ? h('button', { class: 'ack', onclick: (e: Event) => { e.stopPropagation(); act.acknowledge(alert); } }, t('action.acknowledge'), isChosen ? h('kbd', {}, 'A') : null) : null,
        h('a', { href: `#/alerts/${alert.id}`, onclick: (e: Event) => e.stopPropagation() }, t('alert.open')))));
}

/** Draws the list into `box`. */
export function draw(box: HTMLElement, act: Act): void {
  const list = open();
  const mine = current()?.id;
  const hidden = list.length - shown;
  const rows = list.slice(0, shown).map(alert => row(alert, alert.id === mine, act));
  put(box,
    h('h2', {}, t('alerts.title'), h('span', { class: 'count' }, list.length)),
    list.length === 0 ? h('p', { class: 'calm' }, t('alerts.none')) : h('ol', {}, rows),
    hidden > 0 ? h('p', { class: 'more' }, t('alerts.more', { n: hidden })) : null);
  box.querySelector('.chosen')?.scrollIntoView({ block: 'nearest' });
}
