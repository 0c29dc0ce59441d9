// The hours behind us as columns of the index, each in its band's colour.
import { s } from '../core/dom';
import { moment, t, timeFormat } from '../core/i18n';

export interface Hour { at: string; aqi: number | null; pollutant: string | null }
export interface Band { from: number; to: number; colour: string; name: { vi: string; en: string } }

export const bandOf = (bands: Band[], index: number): Band => bands.find(b => index <= b.to) ?? bands.at(-1)!;

/** Black or white: whichever is easier to read on a colour (WCAG 2 relative luminance). */
export function ink(colour: string): string {
  const [r, g, b] = [1, 3, 5].map(i => {
    const c = parseInt(colour.slice(i, i + 2), 16) / 255;
    return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  const light = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return (light + 0.05) / 0.05 >= 1.05 / (light + 0.05) ? '#000000' : '#ffffff';
}

const width = 760, height = 122, base = 98, top = 6;

/** Columns, oldest first; an hour without an index is a gap with a mark at its foot. */
export function hoursChart(hours: Hour[], bands: Band[], name: string): SVGSVGElement {
  const known = hours.map(one => one.aqi).filter((v): v is number => v !== null);
  const most = Math.max(100, ...known), step = width / Math.max(hours.length, 1);
  const y = (index: number): number => base - index / most * (base - top);
  const told = known.length === 0 ? t('air.noHours') : t('air.hours', { name, n: known.length, low: Math.min(...known), high: Math.max(...known), last: known.at(-1)! });
  const label = timeFormat({ hour: '2-digit', minute: '2-digit' });
  return s('svg', { class: 'air-hours', viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': told },
    [50, 100, 150, 200, 300].filter(v => v <= most).map(v => s('line', { x1: 0, x2: width, y1: y(v), y2: y(v), class: 'air-grid' })),
    hours.map((one, i) => (one.aqi === null
      ? s('text', { x: (i + 0.5) * step, y: base - 2, 'text-anchor': 'middle', class: 'air-tick' }, '·')
      : s('rect', { x: i * step + 1, width: step - 2, y: y(one.aqi), height: Math.max(base - y(one.aqi), 1), fill: bandOf(bands, one.aqi).colour, class: 'air-column' },
        s('title', {}, `${moment(Date.parse(one.at))}: ${one.aqi}`)))),
    s('line', { x1: 0, x2: width, y1: base, y2: base, class: 'air-base' }),
    hours.map((one, i) => ((hours.length - 1 - i) % 6 === 0 && i > 0
      ? s('text', { x: Math.min((i + 1) * step, width), y: height - 6, 'text-anchor': i === hours.length - 1 ? 'end' : 'middle', class: 'air-tick' }, label.format(Date.parse(one.at))) : null)));
}
