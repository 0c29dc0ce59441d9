// What may be done with an alert in which state. The server judges every act again (409, 403); this only decides which buttons stand there.
export const acts: Record<string, string[]> = {
  raised: ['acknowledge', 'start', 'assign'],
  acknowledged: ['start', 'assign', 'resolve'],
  'in-progress': ['assign', 'resolve'],
  resolved: ['close'],
  closed: [],
};

export const isFire = (alert: { kind: string }) => alert.kind === 'fire' || alert.kind === 'fire-prealarm';

/** Silencing the sirens and resetting the alarm are two acts, each on the record; both belong to an open fire only. */
export const fireActs = (alert: { kind: string; state: string }) =>
  isFire(alert) && ['raised', 'acknowledged', 'in-progress'].includes(alert.state) ? ['silence', 'reset'] : [];

const falseAlarms = ['cooking', 'steam', 'dust', 'insects', 'smoking', 'works', 'malicious', 'fault', 'unknown'].map(why => `false-alarm:${why}`);

/** Why an alert could be closed. A fire must say one of them. */
export const causesOf = (alert: { kind: string }): string[] =>
  isFire(alert) ? ['fire', ...falseAlarms, 'test', 'drill'] : ['real', 'mended', ...falseAlarms, 'test', 'drill'];
