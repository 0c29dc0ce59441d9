// The open alerts: worst first, then newest. One list, always in sight.
import { h } from './dom.js';
import { age, moment, number, t, word } from './i18n.js';

const worst = { critical: 0, major: 1, minor: 2, info: 3 };
const shown = 200; // rows drawn; the rest is counted in words
const alerts = new Map();
let chosen = null, byHand = false, movedAt = 0;

export const isOpen = alert => alert.state !== 'closed' && alert.state !== 'resolved';

/** `cleared`: the condition has ended by itself, and a person must still decide (a fire). */
const marks = alert => [alert.clearedAt && 'cleared', alert.test && 'test', alert.historical && 'historical', alert.escalation > 0 && 'escalated'].filter(Boolean);
export const waiting = alert => alert.state === 'raised';

/** Takes one alert; false when it is older than what is known (a stream and a list overlap, and may say things twice). */
export function take(alert) {
  const old = alerts.get(alert.id);
  if (old && old.revision >= alert.revision) return null;
  alerts.set(alert.id, alert);
  return old ? 'changed' : 'new';
}

/** Replaces everything by the server's list. Alerts that the stream has since brought further stay further. */
export function replace(list) {
  const there = new Set(list.map(a => a.id));
  for (const id of [...alerts.keys()]) if (!there.has(id)) alerts.delete(id);
  list.forEach(take);
}

export const clear = () => { alerts.clear(); choose(null); };
export const find = id => alerts.get(id);

export function open() {
  return [...alerts.values()].filter(isOpen).sort((a, b) =>
    (worst[a.severity] ?? 9) - (worst[b.severity] ?? 9) ||
    Number(waiting(b)) - Number(waiting(a)) ||
    Date.parse(b.measuredAt) - Date.parse(a.measuredAt) || (a.id < b.id ? -1 : 1));
}

/** The alert that a key acts on: the one a person chose, else the worst that waits. */
export function current() {
  const held = alerts.get(chosen);
  if (held && isOpen(held) && byHand) return held;
  const list = open();
  const best = list.find(waiting) ?? list[0] ?? null;
  if (best?.id !== chosen) { chosen = best?.id ?? null; byHand = false; movedAt = performance.now(); }
  return best;
}

/** A frame that has just jumped by itself was not read yet: a key pressed at that moment was meant for another alert. */
export const settled = () => byHand || performance.now() - movedAt > 700;

export function choose(id) {
  chosen = id;
  byHand = id !== null;
}

export function move(step) {
  const list = open();
  const at = list.findIndex(a => a.id === current()?.id);
  const next = list[Math.min(Math.max(at + step, 0), list.length - 1)];
  if (next) choose(next.id);
}

export const where = alert => [alert.location?.name ?? alert.location?.street, alert.zone, alert.device].filter(Boolean).join(' · ');

export function valueText(alert) {
  if (alert.value === null || alert.value === undefined) return '';
  return alert.threshold === null || alert.threshold === undefined
    ? number(alert.value)
    : t('alert.value', { value: number(alert.value), threshold: number(alert.threshold) });
}

function row(alert, isChosen, act) {
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
        waiting(alert) && act.mayAct() ? h('button', { class: 'ack', onclick: e => { e.stopPropagation(); act.acknowledge(alert); } }, t('action.acknowledge'), isChosen ? h('kbd', {}, 'A') : null) : null,
        h('a', { href: `#/alerts/${alert.id}`, onclick: e => e.stopPropagation() }, t('alert.open')))));
}

/** Draws the list into `box`. `act`: choose(id), acknowledge(alert), mayAct(). */
export function draw(box, act) {
  const list = open();
  const mine = current()?.id;
  const hidden = list.length - shown;
  const rows = list.slice(0, shown).map(alert => row(alert, alert.id === mine, act));
  box.replaceChildren(
    h('h2', {}, t('alerts.title'), h('span', { class: 'count' }, String(list.length))),
    list.length === 0 ? h('p', { class: 'calm' }, t('alerts.none')) : h('ol', {}, rows),
    hidden > 0 ? h('p', { class: 'more' }, t('alerts.more', { n: hidden })) : '');
  box.querySelector('.chosen')?.scrollIntoView({ block: 'nearest' });
}
