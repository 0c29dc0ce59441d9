// One line over time, in SVG. Gaps stay gaps: a line drawn through a silence would be a lie.
import { s } from './dom';
import { number, timeFormat } from './i18n';

export interface Point { time: number; value: number; low?: number | undefined; high?: number | undefined }

const width = 1000, height = 320, left = 90, right = 16, top = 12, bottom = 40;

/** Round numbers that cover [low, high] in about `count` steps. */
export function ticks(low: number, high: number, count: number): number[] {
  const raw = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map(n => n * power).find(n => n >= raw * 0.999) ?? power;
  const result: number[] = [];
  for (let n = Math.ceil(low / step); n * step <= high + step * 1e-9; n++) result.push(n * step);
  return result;
}

function timeTicks(from: number, to: number): { result: number[]; days: boolean } {
  const steps = [60, 300, 900, 1800, 3600, 10800, 21600, 43200, 86400, 172800, 604800].map(n => n * 1000);
  const step = steps.find(n => (to - from) / n <= 8) ?? 604800000;
  const shift = new Date(from).getTimezoneOffset() * 60000;
  const result: number[] = [];
  for (let time = Math.ceil((from - shift) / step) * step + shift; time <= to; time += step) result.push(time);
  return { result, days: step >= 43200000 };
}

/** Pieces without a gap: a pause of more than four times the usual distance begins a new one. */
export function pieces(points: Point[]): Point[][] {
  const gaps = points.slice(1).map((p, i) => p.time - points[i]!.time).sort((a, b) => a - b);
  const limit = (gaps[Math.floor(gaps.length / 2)] ?? 0) * 4;
  const result: Point[][] = [];
  points.forEach((point, i) => {
    if (i === 0 || point.time - points[i - 1]!.time > limit) result.push([]);
    result.at(-1)!.push(point);
  });
  return result;
}

/** `points`: time, value, and for a window its low and high, drawn as a band behind the mean. */
export function chart(points: Point[], from: number, to: number, unit: string): SVGSVGElement {
  const values = points.flatMap(p => [p.low ?? p.value, p.high ?? p.value]);
  let low = Math.min(...values), high = Math.max(...values);
  const room = (high - low) * 0.06 || 1;
  low -= room;
  high += room;
  const x = (time: number): number => left + (time - from) / (to - from) * (width - left - right);
  const y = (value: number): number => top + (high - value) / (high - low) * (height - top - bottom);
  const { result: times, days } = timeTicks(from, to);
  const label = timeFormat(days ? { day: 'numeric', month: 'numeric' } : { hour: '2-digit', minute: '2-digit' });
  const drawing = s('svg', { viewBox: `0 0 ${width} ${height}`, class: 'chart', role: 'img', 'aria-label': unit });
  for (const value of ticks(low, high, 5)) {
    drawing.append(
      s('line', { class: 'grid', x1: left, x2: width - right, y1: y(value), y2: y(value) }),
      s('text', { x: left - 8, y: y(value) + 6, 'text-anchor': 'end' }, number(value)));
  }
  for (const time of times) {
    drawing.append(
      s('line', { class: 'grid', x1: x(time), x2: x(time), y1: top, y2: height - bottom }),
      s('text', { x: x(time), y: height - 12, 'text-anchor': 'middle' }, label.format(time)));
  }
  const path = (list: [number, number][]): string => list.map(([time, value], i) => `${i ? 'L' : 'M'}${x(time).toFixed(1)} ${y(value).toFixed(1)}`).join('');
  for (const piece of pieces(points)) {
    const first = piece[0]!;
    if (piece.length === 1) { drawing.append(s('circle', { class: 'dot', cx: x(first.time), cy: y(first.value), r: 3 })); continue; }
    if (first.low !== undefined) {
      const above = piece.map((p): [number, number] => [p.time, p.high ?? p.value]);
      const below = piece.map((p): [number, number] => [p.time, p.low ?? p.value]).reverse();
      drawing.append(s('path', { class: 'band', d: `${path([...above, ...below])}Z` }));
    }
    drawing.append(s('path', { class: 'curve', d: path(piece.map(p => [p.time, p.value])) }));
  }
  return drawing;
}
