// A river gauge as one reads it on the bank: the water against the legal levels.
import { s } from '../core/dom';
import { number, t } from '../core/i18n';

/** Metres as a gauge is read: to the centimetre. */
export const metres = (value: number): string => number(value, 2, 2);

const tones = ['minor', 'major', 'critical'];
export const stageNames = ['I', 'II', 'III'];
const width = 236, height = 250, left = 78, right = 136, top = 14, bottom = 236;

/** The vertical extent worth showing: the level and every known stage, with room; a metre at least. */
export function extent(level: number | null, stages: (number | null)[]): [number, number] {
  const all = [level, ...stages].filter((v): v is number => v !== null);
  if (all.length === 0) return [0, 1];
  const least = Math.min(...all), most = Math.max(...all), span = Math.max(most - least, 1);
  return [Math.min(least - span * 0.25, most - span), most + span * 0.15];
}

let drawn = 0;

/** Draws the gauge; what it shows is said in words too. */
export function gauge(level: number | null, stages: (number | null)[], stale: boolean): SVGSVGElement {
  const [low, high] = extent(level, stages), hatch = `flood-hatch-${++drawn}`;
  const y = (value: number): number => bottom - (value - low) / (high - low) * (bottom - top);
  const known = stages.map((value, i) => ({ value, i })).filter((one): one is { value: number; i: number } => one.value !== null);
  const told = [level === null ? t('flood.noLevel') : t('flood.level', { level: metres(level) }),
    ...known.map(one => t('flood.stageAt', { stage: stageNames[one.i]!, level: metres(one.value) }))].join('; ');
  return s('svg', { class: `flood-gauge${stale ? ' old' : ''}`, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': told },
    s('defs', {}, s('pattern', { id: hatch, width: 10, height: 10, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(-45)' }, s('rect', { width: 4, height: 10, class: 'flood-hatch' }))),
    s('rect', { x: left, y: top, width: right - left, height: bottom - top, class: 'flood-tube' }),
    level === null ? null : s('rect', { x: left, y: y(level), width: right - left, height: Math.max(bottom - y(level), 0), class: 'flood-water' }),
    level !== null && stale ? s('rect', { x: left, y: y(level), width: right - left, height: Math.max(bottom - y(level), 0), fill: `url(#${hatch})` }) : null,
    known.map((one, n) => {
      const upper = known[n + 1] ? y(known[n + 1]!.value) : top;
      return s('rect', { x: right + 3, y: upper, width: 9, height: y(one.value) - upper, class: `flood-band ${tones[one.i]}` });
    }),
    known.map(one => [
      s('line', { x1: left - 6, x2: right + 16, y1: y(one.value), y2: y(one.value), class: `flood-line ${tones[one.i]}` }),
      s('text', { x: right + 20, y: y(one.value) + 5, class: `flood-label ${tones[one.i]}` }, `${stageNames[one.i]} ${metres(one.value)}`),
    ]),
    level === null ? null : [
      s('path', { d: `M ${left - 2} ${y(level)} l -10 -7 v 14 z`, class: 'flood-pointer' }),
      s('text', { x: left - 15, y: y(level) + 6, 'text-anchor': 'end', class: 'flood-now' }, metres(level)),
    ]);
}
