// The wall: map and list, big, nothing to press. It keeps the screen awake, and says aloud when its session is about to end.
import { h, put, say } from './dom';
import { t } from './i18n';
import { lostNow } from './alarm';
import { serverName } from './shell';
import * as sound from './sound';
import { age, at, clock, timeOfDay } from './time';
import type { Me } from './types';

const warnBefore = 24 * 3600e3; // ms
const warnEvery = 10 * 60e3;

let lock: WakeLockSentinel | null = null, warnedAt = 0;

export const isWall = (): boolean => /^#\/wall(\/|$)/.test(location.hash);

/** Whoever may only look at a wall sees the wall. */
export const belongs = (me: Me): boolean => me.roles.length > 0 && me.roles.every(role => role === 'wall');

export async function keepAwake(on: boolean): Promise<void> {
  if (!on) { await lock?.release().catch(() => undefined); lock = null; return; }
  if (lock && !lock.released) return;
  lock = await navigator.wakeLock?.request('screen').catch(() => null) ?? null; // refused while hidden or on battery: asked again when seen
}

/** Fills the wall. */
export function frame(app: HTMLElement, list: HTMLElement, view: HTMLElement, me: Me): void {
  put(app,
    h('header', { class: 'top wall-top' }, h('b', { class: 'brand' }, 'SmartCity.IoT', serverName()), h('span', { class: 'wall-said', role: 'status' }),
      h('span', { class: 'who' }, me.user), h('span', { class: 'day' }, timeOfDay(Date.now())), h('span', { class: 'clock' }, clock(Date.now()))),
    h('div', { class: 'desk' }, view, list));
}

/** Each second: whether it is heard, and how long its session lasts. */
export function tick(me: Me, now: number): void {
  const box = document.querySelector('.wall-said');
  if (!box) return;
  const day = document.querySelector('.day');
  if (day) say(day, timeOfDay(now));
  const ends = at(me.expires);
  const ending = ends > 0 && ends - now < warnBefore;
  if (ending && now - warnedAt > warnEvery) { warnedAt = now; lostNow(); }
  say(box, ending ? t('wall.ending', { time: age(now, ends) }) : sound.ready() ? '' : t('wall.unheard'));
  box.classList.toggle('bad', ending);
}
