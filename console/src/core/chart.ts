// Lines over time, on uplot. Gaps stay gaps: a line drawn through a silence would be a lie.
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import './chart.css';
import { h, say } from './dom';
import { moment, number, t, timeFormat } from './i18n';

/** Time in milliseconds since 1970; low and high of the window that the value stands for, drawn as a band. */
export interface Point { time: number; value: number; low?: number | null | undefined; high?: number | null | undefined }

/** `tone`: name of a colour of the theme (accent, critical, major, minor, info), or a colour. `bars`: a bar a point, from nought up; of several such series the later stand before the earlier. */
export interface Series { label: string; points: Point[]; tone?: string; unit?: string; dashed?: boolean; bars?: boolean }

/** A level worth a line across the chart, such as a threshold. */
export interface Level { value: number; label: string; tone?: string }

/** A moment worth a line down the chart, such as the raising of an alert. */
export interface Mark { time: number; label: string; tone?: string }

export interface ChartData { series: Series[]; from: number; to: number; levels?: Level[]; marks?: Mark[] }

export interface ChartOptions {
  /** What is drawn, for those who do not see it. */
  label: string;
  /** Height in rem (13). */
  height?: number;
  /** Least and greatest of the vertical axis that must be shown. */
  include?: number[];
  digits?: number;
  /** Called with the stretch that was dragged over (null: all again) in place of zooming into what is there, for who reads finer values then. */
  zoom?: (stretch: { from: number; to: number } | null) => void;
}

export interface Chart { element: HTMLElement; update(data: ChartData): void; destroy(): void }

const tones = ['accent', 'info', 'major', 'minor', 'critical'];
const colour = (tone: string): string => {
  const named = getComputedStyle(document.documentElement).getPropertyValue(`--${tone}`).trim();
  return named || tone;
};

/** Where a silence is: a pause of more than four times the usual distance. */
export function silences(points: Point[]): number[] {
  const pauses = points.slice(1).map((p, i) => p.time - points[i]!.time).sort((a, b) => a - b);
  const limit = (pauses[Math.floor(pauses.length / 2)] ?? 0) * 4;
  const result: number[] = [];
  for (let i = 1; i < points.length; i++) if (points[i]!.time - points[i - 1]!.time > limit) result.push(i);
  return result;
}

/** Columns as uplot takes them: an empty value in each silence. */
function columns(points: Point[]): uPlot.AlignedData {
  const x: number[] = [], y: (number | null)[] = [], low: (number | null)[] = [], high: (number | null)[] = [];
  const breaks = new Set(silences(points));
  points.forEach((p, i) => {
    if (breaks.has(i)) { x.push((points[i - 1]!.time + p.time) / 2000); y.push(null); low.push(null); high.push(null); }
    x.push(p.time / 1000);
    y.push(p.value);
    low.push(p.low ?? p.value);
    high.push(p.high ?? p.value);
  });
  return [x, y, low, high];
}

function summary(data: ChartData, digits: number): string {
  return data.series.map(one => {
    const values = one.points.map(p => p.value);
    if (values.length === 0) return t('chart.empty', { label: one.label });
    const last = one.points.at(-1)!;
    return t('chart.summary', {
      label: one.label, n: values.length, low: number(Math.min(...values), digits), high: number(Math.max(...values), digits),
      last: number(last.value, digits), unit: one.unit ?? '', time: moment(last.time), gaps: silences(one.points).length,
    });
  }).join(' ');
}

/** Draws into an element of its own, which takes the width it is given. Drag: zoom; double click, Escape or 0: all; arrows: move; + and −: zoom. */
export function chart(options: ChartOptions): Chart {
  const digits = options.digits ?? 2;
  const told = h('p', { class: 'unseen' });
  const plot = h('div', { class: 'uplot-box', tabindex: 0, role: 'group', 'aria-label': options.label, 'data-keys': true, title: t('chart.help') });
  const element = h('figure', { class: 'chart-box' }, plot, told);
  let made: uPlot | null = null, shape = '', zoomed = false, now: ChartData = { series: [], from: 0, to: 1 };

  const size = (): { width: number; height: number } => {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
    return { width: Math.max(plot.clientWidth, 200), height: (options.height ?? 13) * rem };
  };
  const scaleY = (_: uPlot, low: number | null, high: number | null): [number, number] => {
    const all = [low, high, ...(options.include ?? [])].filter((v): v is number => typeof v === 'number' && Number.isFinite(v));
    if (all.length === 0) return [0, 1];
    const least = Math.min(...all), most = Math.max(...all), room = (most - least) * 0.08 || Math.abs(most) * 0.05 || 1;
    return [least - room, most + room];
  };

  function build(): void {
    made?.destroy();
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
    const font = `${Math.round(rem * 0.8)}px ${getComputedStyle(document.body).fontFamily}`;
    const axis = { stroke: colour('quiet'), grid: { stroke: colour('line'), width: 1 }, ticks: { stroke: colour('line'), width: 1 }, font };
    const series: uPlot.Series[] = [{ label: t('chart.time'), value: (_: uPlot, v: number | null) => (v === null ? '' : moment(v * 1000)) }];
    const bands: uPlot.Band[] = [];
    now.series.forEach((one, i) => {
      const tone = colour(one.tone ?? tones[i % tones.length]!);
      const shown = (_: uPlot, v: number | null): string => (v === null ? '' : `${number(v, digits)} ${one.unit ?? ''}`);
      series.push({
        label: one.label, stroke: tone, width: 2.5, spanGaps: false, value: shown, points: { size: 6 }, ...(one.dashed ? { dash: [8, 6] } : {}),
        ...(one.bars ? { width: 0, fill: tone, points: { show: false }, paths: uPlot.paths.bars!({ size: [0.7, 48] }) } : {}),
      });
      if (one.points.some(p => p.low !== undefined && p.low !== null)) {
        // Without a label of ours uplot would write its own English one.
        const edge: uPlot.Series = { label: one.label, show: true, stroke: 'transparent', width: 0, points: { show: false }, class: 'unseen' };
        series.push(edge, { ...edge });
        bands.push({ series: [series.length - 1, series.length - 2], fill: `color-mix(in srgb, ${tone} 22%, transparent)` });
      }
    });
    made = new uPlot({
      ...size(), series, bands,
      scales: { x: { time: true }, y: { range: scaleY } },
      axes: [
        { ...axis, space: rem * 4, size: rem * 2, values: (u: uPlot, splits: number[]) => labels(u, splits) },
        { ...axis, size: rem * 3.6, values: (_: uPlot, splits: number[]) => splits.map(v => number(v, digits)) },
      ],
      cursor: { drag: { x: true, y: false, setScale: !options.zoom }, points: { size: 9 } },
      legend: { live: true, show: true },
      hooks: { draw: [levels], setSelect: [dragged], setScale: [(u: uPlot, key: string) => { if (key === 'x') zoomed = Math.abs((u.scales.x!.min ?? 0) - now.from / 1000) > 1 || Math.abs((u.scales.x!.max ?? 0) - now.to / 1000) > 1; }] },
    }, data(), plot);
    made.over.addEventListener('dblclick', reset);
    whole();
  }

  function data(): uPlot.AlignedData {
    if (now.series.length === 0) return [[now.from / 1000, now.to / 1000]];
    const tables = now.series.map(one => {
      const whole = columns(one.points);
      return one.points.some(p => p.low !== undefined && p.low !== null) ? whole : [whole[0], whole[1]!] as uPlot.AlignedData;
    });
    return tables.length === 1 ? tables[0]! : uPlot.join(tables, tables.map(table => table.map(() => 2))); // 2: a silence stays one when other series have values in it
  }

  function labels(u: uPlot, splits: number[]): string[] {
    const span = ((u.scales.x!.max ?? 0) - (u.scales.x!.min ?? 0)) || 1;
    const format = span > 2 * 86400 ? timeFormat({ day: 'numeric', month: 'numeric' })
      : span > 600 ? timeFormat({ hour: '2-digit', minute: '2-digit' }) : timeFormat({ timeStyle: 'medium' });
    const day = timeFormat({ day: 'numeric', month: 'numeric' });
    return splits.map(v => {
      const time = new Date(v * 1000);
      return (span > 600 && time.getHours() === 0 && time.getMinutes() === 0 ? day : format).format(time); // midnight is a new day
    });
  }

  function levels(u: uPlot): void {
    const { ctx } = u, { left, top, width, height } = u.bbox, ratio = devicePixelRatio || 1;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, top, width, height);
    ctx.clip();
    ctx.textAlign = 'left'; // uplot leaves what its axes used
    ctx.textBaseline = 'alphabetic';
    ctx.lineWidth = 1.5 * ratio;
    ctx.font = `${Math.round(parseFloat(getComputedStyle(document.documentElement).fontSize) * 0.75 * ratio)}px ${getComputedStyle(document.body).fontFamily}`;
    const draw = (tone: string, fromX: number, fromY: number, toX: number, toY: number, text: string, atX: number, atY: number): void => {
      ctx.strokeStyle = ctx.fillStyle = colour(tone);
      ctx.setLineDash([6 * ratio, 4 * ratio]);
      ctx.beginPath();
      ctx.moveTo(fromX, fromY);
      ctx.lineTo(toX, toY);
      ctx.stroke();
      ctx.fillText(text, atX, atY);
    };
    for (const level of now.levels ?? []) {
      const y = u.valToPos(level.value, 'y', true);
      draw(level.tone ?? 'major', left, y, left + width, y, level.label, left + 6 * ratio, y - 4 * ratio);
    }
    for (const mark of now.marks ?? []) {
      const x = u.valToPos(mark.time / 1000, 'x', true);
      draw(mark.tone ?? 'critical', x, top, x, top + height, mark.label, x + 4 * ratio, top + 14 * ratio);
    }
    ctx.restore();
  }

  function dragged(u: uPlot): void {
    if (!options.zoom || u.select.width < 8) return;
    const from = u.posToVal(u.select.left, 'x') * 1000, to = u.posToVal(u.select.left + u.select.width, 'x') * 1000;
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    options.zoom({ from, to });
  }

  const whole = (): void => made?.setScale('x', { min: now.from / 1000, max: now.to / 1000 });
  function reset(): void { zoomed = false; whole(); options.zoom?.(null); }

  function turn(scale: number, shift: number): void {
    if (!made) return;
    const min = made.scales.x!.min ?? now.from / 1000, max = made.scales.x!.max ?? now.to / 1000, span = max - min;
    const middle = (min + max) / 2 + shift * span, half = (span * scale) / 2;
    made.setScale('x', { min: Math.max(middle - half, now.from / 1000), max: Math.min(middle + half, now.to / 1000) });
  }

  plot.addEventListener('keydown', event => {
    const acts: Record<string, () => void> = {
      Escape: reset, 0: reset, '+': () => turn(0.5, 0), '=': () => turn(0.5, 0), '-': () => turn(2, 0), ArrowLeft: () => turn(1, -0.25), ArrowRight: () => turn(1, 0.25),
    };
    const act = acts[event.key];
    if (act && !event.ctrlKey && !event.metaKey && !event.altKey) { event.preventDefault(); event.stopPropagation(); act(); }
  });

  const watch = new ResizeObserver(() => { if (made && plot.clientWidth) made.setSize(size()); else if (!made && plot.clientWidth && now.series.length) build(); });
  watch.observe(plot);
  const themed = (): void => { if (made) build(); };
  document.addEventListener('theme', themed);

  return {
    element,
    /** May be called before the element stands on the page: it is drawn once it has a width. */
    update(next: ChartData): void {
      now = next;
      const outline = next.series.map(one => [one.label, one.tone, one.unit, one.points.some(p => p.low !== undefined && p.low !== null), one.bars].join('|')).join('/');
      say(told, summary(next, digits));
      if (!plot.clientWidth) return;
      if (!made || outline !== shape) { shape = outline; build(); return; }
      made.setData(data(), false);
      if (zoomed) made.redraw(); else whole();
    },
    destroy(): void {
      watch.disconnect();
      document.removeEventListener('theme', themed);
      made?.destroy();
      made = null;
    },
  };
}
