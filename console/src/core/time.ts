// Ages and times of day. Every value on the screen says how old it is: an element with data-age (milliseconds since 1970) is
// rewritten each second, and one with data-stale-after (seconds) beside it looks stale from then on.
import { say } from './dom';
import { t, timeFormat } from './i18n';

export const clock = (time: number): string => timeFormat({ timeStyle: 'medium' }).format(time);

export const moment = (time: number): string => timeFormat({ dateStyle: 'short', timeStyle: 'medium' }).format(time);

/** The day, in words: a night shift has two. */
export const timeOfDay = (time: number): string => timeFormat({ weekday: 'long', day: 'numeric', month: 'long' }).format(time);

/** How long ago, in one unit: a duty officer reads "3 min", not "182 s". */
export function age(time: number | null | undefined, now = Date.now()): string {
  if (!time) return t('age.never');
  const seconds = Math.round((now - time) / 1000);
  if (seconds < 0) return t('age.ahead', { n: -seconds });
  if (seconds < 60) return t('age.seconds', { n: seconds });
  if (seconds < 3600) return t('age.minutes', { n: Math.floor(seconds / 60) });
  if (seconds < 86400) return t('age.hours', { h: Math.floor(seconds / 3600), m: Math.floor((seconds % 3600) / 60) });
  return t('age.days', { n: Math.floor(seconds / 86400) });
}

/** Milliseconds since 1970 of an RFC 3339 text; 0 for none. */
export const at = (text: string | null | undefined): number => (text ? Date.parse(text) || 0 : 0);

/** Silent for longer than three of its reporting intervals; a device whose interval is not known after 15 minutes. */
export function isStale(device: { lastSeen?: string | null; intervalSeconds?: number | null }, now = Date.now()): boolean {
  const interval = (device.intervalSeconds ?? 300) * 1000;
  return !device.lastSeen || now - Date.parse(device.lastSeen) > 3 * interval;
}

/** Called each second: rewrites every age on the screen. */
export function tick(now = Date.now()): void {
  for (const element of document.querySelectorAll<HTMLElement>('[data-age]')) {
    const time = Number(element.dataset.age);
    say(element, age(time, now));
    const limit = Number(element.dataset.staleAfter);
    if (limit) element.classList.toggle('stale', now - time > limit * 1000);
  }
}
