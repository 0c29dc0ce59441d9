// When the console makes itself heard: each new danger at once, and again until somebody has acknowledged it or has muted the sound.
// A mute covers what was ringing when it was pressed, is seen on the screen, and ends by itself; what comes later rings.
import * as alerts from './alerts';
import { t, word } from './i18n';
import { isFire } from './lifecycle';
import * as provisional from './provisional';
import * as sound from './sound';
import type { Alert, Severity } from './types';

const again: Record<Severity, number> = { critical: 3000, major: 12000, minor: Infinity, info: Infinity }; // ms between two sounds
const muteFor = 3 * 60_000;

const muted = new Set<string>();
let mutedUntil = 0, lastPlayed = 0, lastLost = 0;

/** Whether an alert asks to be heard: it waits, it is of now, and it is no test. Works and flapping quiet everything but a fire. */
export const calls = (alert: Alert): boolean =>
  alerts.waiting(alert) && !alert.historical && alert.occasion !== 'test' && !(alert.test && !alert.occasion) &&
  (isFire(alert) || (alert.occasion !== 'works' && !alert.flapping));

/** What the stream has just brought, and what was known of it before. */
export function heard(alert: Alert, before: Alert | undefined): void {
  if (!calls(alert) || (before && calls(before))) return;
  if (alert.severity === 'critical' || alert.severity === 'major' || performance.now() - lastPlayed > 1500) ring(alert.severity);
  show(alert);
}

function ring(severity: Severity): void {
  lastPlayed = performance.now();
  sound.alarm(severity);
}

/** Called several times a second: repeats what still waits, and the loss of the server. */
export function tick(lost: boolean): void {
  const now = performance.now();
  if (mutedUntil && Date.now() > mutedUntil) unmute();
  if (lost && !isMuted() && now - lastLost > 12000) { lastLost = now; sound.lost(); }
  const severity = ringing();
  if (severity && now - lastPlayed > again[severity]) ring(severity);
}

// A fire that is not recorded yet burns as well.
const everyone = function* (): Generator<Alert> {
  yield* provisional.items();
  yield* alerts.everyOpen();
};

/** The worst of what rings now; null when nothing does. */
export function ringing(): Severity | null {
  let worst: Severity | null = null;
  for (const alert of everyone()) {
    if (!calls(alert) || muted.has(alert.id)) continue;
    if (alert.severity === 'critical') return 'critical';
    if (alert.severity === 'major') worst = 'major';
  }
  return worst;
}

export const isMuted = (): boolean => mutedUntil > Date.now();
export const muteEnds = (): number => mutedUntil;

export function mute(): void {
  mutedUntil = Date.now() + muteFor;
  for (const alert of everyone()) if (calls(alert)) muted.add(alert.id);
}

export function unmute(): void {
  mutedUntil = 0;
  muted.clear();
}

/** At once when the server is lost or says it is not ready. */
export function lostNow(): void {
  lastLost = performance.now();
  sound.lost();
}

// Desktop notifications, for a screen that shows something else. Asked for by a button, never by itself.
export const canNotify = (): boolean => 'Notification' in globalThis && Notification.permission === 'default';
export const notifies = (): boolean => 'Notification' in globalThis && Notification.permission === 'granted';
export const askToNotify = async (): Promise<void> => { if (canNotify()) await Notification.requestPermission(); };

function show(alert: Alert): void {
  if (!notifies() || document.hasFocus() || (alert.severity !== 'critical' && alert.severity !== 'major')) return;
  try {
    const said = new Notification(`${word('kind', alert.kind)} — ${alerts.where(alert)}`, {
      body: `${word('severity', alert.severity)} · ${t('alerts.waits')}`, tag: alert.incident ?? alert.id, requireInteraction: alert.severity === 'critical', silent: true,
    });
    said.onclick = () => { focus(); location.hash = alert.incident ? `#/incidents/${alert.incident}` : `#/alerts/${alert.id}`; said.close(); };
  } catch { /* a browser that wants a service worker for it: the screen and the sound remain */ }
}
