// A night as a picture: noon to noon, the sky from day over dusk to dark by the real sun, and the level of the lamps as a line. It draws what the
// server says (GET or POST /api/v1/lighting/preview) and decides nothing; with `edit` the points can be moved by hand, by pointer or by keys.
import { h, put, s, say } from './dom';
import { number, t, timeFormat } from './i18n';
import './nightcurve.css';

export interface CurvePoint { at: string; level: number; reason: string; sentence: string }
export interface Night {
  date: string; begin: string; end: string; sunset: string; sunrise: string; dusk: string | null; dawn: string | null;
  programme: string | null; name: string | null; rule: number | null; times: string[]; burningHours: number; fullHours: number;
}
export interface Preview { lat: number | null; lon: number | null; minimum: number; sunset: string; sunrise: string; points: CurvePoint[]; nights: Night[] }

/** A point that a person may move: where it comes that night, its level, and how long the way there takes (seconds). */
export interface Handle { level: number; ramp: number; label: string }
export interface Edit {
  /** Moved by pointer to a time (ms since 1970) and a level; gives where it may really stand. */
  move(index: number, time: number, level: number): { time: number; level: number };
  /** By keys: minutes and percent from where it is. */
  nudge(index: number, minutes: number, percent: number): void;
  /** The end of its ramp was moved: seconds. */
  ramp(index: number, seconds: number): void;
  add(time: number, level: number): void;
  remove(index: number): void;
  select(index: number): void;
}
export interface NightCurve { element: HTMLElement; show(preview: Preview, more?: { handles?: Handle[]; ghost?: CurvePoint[] | null; selected?: number }): void; destroy(): void }

const hour = 3_600_000;
const at = (text: string): number => Date.parse(text);

/** Minutes of the clock on the city's wall: the server writes its times with the city's own offset. */
export const offsetOf = (text: string): number => {
  const found = /([+-])(\d\d):(\d\d)$/.exec(text);
  return found ? (found[1] === '-' ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3])) : 0;
};
export const cityClock = (time: number, offset: number): string => new Date(time + offset * 60_000).toISOString().slice(11, 16);
export const clockOf = (text: string): string => cityClock(at(text), offsetOf(text));
export const hours = (value: number): string => {
  const minutes = Math.round(value * 60);
  return t('curve.hours', { h: Math.floor(minutes / 60), m: String(minutes % 60).padStart(2, '0') });
};
/** A date (2026-11-23) in words; it has no time of day and no zone. */
export const dateWords = (date: string, options: Intl.DateTimeFormatOptions): string => timeFormat({ ...options, timeZone: 'UTC' }).format(new Date(`${date}T00:00:00Z`));
export const nextDay = (date: string, days = 1): string => new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);

/** What the line says at a moment: drawing, not judging. */
function levelAt(points: CurvePoint[], time: number): CurvePoint & { value: number } | null {
  let i = points.length - 2;
  while (i > 0 && at(points[i]!.at) > time) i--;
  const from = points[i], to = points[i + 1];
  if (!from || !to) return null;
  const begin = at(from.at), span = at(to.at) - begin;
  return { ...from, value: span > 0 ? from.level + (to.level - from.level) * Math.min(1, Math.max(0, (time - begin) / span)) : to.level };
}

const line = (points: CurvePoint[], x: (time: number) => number, y: (level: number) => number): string =>
  points.map((p, i) => `${i ? 'L' : 'M'}${x(at(p.at)).toFixed(1)} ${y(p.level).toFixed(1)}`).join('');

let serial = 0;

/** The sky of a night as stops of a gradient: day, the half hour before sunset, dusk, dark, and back. */
function sky(id: string, night: Night, from: number, to: number): SVGLinearGradientElement {
  const [set, rise] = [at(night.sunset), at(night.sunrise)];
  const place = (time: number): string => String(Math.min(1, Math.max(0, (time - from) / (to - from))));
  const stop = (time: number, name: string): SVGStopElement => s('stop', { offset: place(time), class: `sky-${name}` });
  const [dusk, dawn] = [night.dusk ? at(night.dusk) : set + (rise - set) / 2, night.dawn ? at(night.dawn) : rise - (rise - set) / 2];
  return s('linearGradient', { id, x1: 0, x2: 1, y1: 0, y2: 0 },
    rise <= set ? stop(from, 'day') : [
      stop(set - 0.75 * hour, 'day'), stop(set, 'low'), stop((set + dusk) / 2, 'dusk'), stop(dusk + (dusk - set) * 0.6, night.dusk ? 'dark' : 'dusk'),
      stop(dawn - (rise - dawn) * 0.6, night.dawn ? 'dark' : 'dusk'), stop((rise + dawn) / 2, 'dusk'), stop(rise, 'low'), stop(rise + 0.75 * hour, 'day')]);
}

const glow = (id: string): SVGLinearGradientElement => s('linearGradient', { id: `${id}g`, x1: 0, x2: 0, y1: 0, y2: 1 }, s('stop', { offset: 0, class: 'glow-top' }), s('stop', { offset: 1, class: 'glow-foot' }));

/** The afternoon at three to the morning at nine, where everything is in it; so that a later sunset is seen to be later. Else the whole day. */
function windowOf(night: Night, points: CurvePoint[]): [number, number] {
  const [begin, end] = [at(night.begin), at(night.end)];
  const [from, to] = [begin + 3 * hour, end - 3 * hour];
  const inside = (time: number): boolean => time >= from + hour / 2 && time <= to - hour / 2;
  const corners = points.filter((p, i) => i > 0 && i < points.length - 1 && (p.level !== points[i - 1]!.level || p.level !== points[i + 1]!.level));
  return [night.sunset, night.sunrise, ...night.times, ...corners.map(p => p.at)].every(time => inside(at(time))) ? [from, to] : [begin, end];
}

/** A small picture without words, for a list. */
export function nightThumb(points: CurvePoint[], night: Night): SVGSVGElement {
  const [from, to] = windowOf(night, points);
  const id = `sky${++serial}`;
  const x = (time: number): number => ((time - from) / (to - from)) * 300, y = (level: number): number => 76 - level * 0.68;
  const path = line(points, x, y);
  return s('svg', { class: 'night-thumb', viewBox: '0 0 300 80', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    s('defs', {}, sky(id, night, from, to), glow(id)), s('rect', { width: 300, height: 80, fill: `url(#${id})` }),
    s('path', { class: 'curve-area', fill: `url(#${id}g)`, d: `${path}L${x(at(points.at(-1)!.at))} 80L${x(at(points[0]!.at))} 80Z` }),
    s('path', { class: 'curve-case', d: path }), s('path', { class: 'curve-line', d: path }));
}

export function nightCurve(options: { label: string; height?: number; edit?: Edit | null }): NightCurve {
  const { edit } = options;
  const id = `sky${++serial}`;
  const picture = s('svg', { class: 'night-curve', role: 'group', 'aria-label': options.label });
  const told = h('p', { class: 'unseen' });
  const element = h('figure', { class: `night-box${edit ? ' editing' : ''}`, 'data-keys': true }, picture, told);
  let now: Preview | null = null, handles: Handle[] = [], ghost: CurvePoint[] | null = null, selected = -1;
  let drag: { index: number; what: 'point' | 'ramp'; time: number; level: number; shift: number; from: { x: number; y: number } | null } | null = null;
  // Where a point was put down, until the server says where it comes.
  let laid: { index: number; time: number; level: number } | null = null;
  let scale: { from: number; to: number; left: number; top: number; width: number; height: number; pad: number } | null = null;

  const x = (time: number): number => scale!.left + ((time - scale!.from) / (scale!.to - scale!.from)) * scale!.width;
  const y = (level: number): number => scale!.top + scale!.pad + (scale!.height - 2 * scale!.pad) * (1 - level / 100); // room for a knob at 0 and at 100 %
  const pointer = (event: { clientX: number; clientY: number }): { time: number; level: number; inside: boolean } => {
    const box = picture.getBoundingClientRect();
    const [px, py] = [event.clientX - box.left, event.clientY - box.top];
    const inside = px >= scale!.left && px <= scale!.left + scale!.width && py >= scale!.top && py <= scale!.top + scale!.height;
    return {
      time: scale!.from + ((Math.min(Math.max(px, scale!.left), scale!.left + scale!.width) - scale!.left) / scale!.width) * (scale!.to - scale!.from),
      level: Math.min(100, Math.max(0, (1 - (py - scale!.top - scale!.pad) / (scale!.height - 2 * scale!.pad)) * 100)), inside,
    };
  };

  function draw(): void {
    const night = now?.nights[0];
    const width = element.clientWidth;
    if (!now || !night || width < 50) return;
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
    const height = Math.max(12 * rem, Math.min((options.height ?? 20) * rem, innerHeight * 0.45));
    const window = windowOf(night, now.points);
    // While something is dragged the picture under it does not move.
    const [from, to] = drag && scale ? [scale.from, scale.to] : window;
    scale = { from, to, left: 3 * rem, top: 2.1 * rem, width: width - 4 * rem, height: height - 4.9 * rem, pad: 0.8 * rem };
    picture.setAttribute('viewBox', `0 0 ${width} ${height}`);
    picture.setAttribute('width', String(width));
    picture.setAttribute('height', String(height));
    const offset = offsetOf(night.begin);
    const focused = document.activeElement instanceof SVGElement && picture.contains(document.activeElement) ? document.activeElement.dataset.handle : undefined;
    const bottom = scale.top + scale.height, right = scale.left + scale.width;
    const path = line(now.points, x, y);
    put(picture,
      s('defs', {}, sky(id, night, from, to), glow(id), s('clipPath', { id: `${id}c` }, s('rect', { x: scale.left, y: scale.top - 1, width: scale.width, height: scale.height + 2 }))),
      s('rect', { class: 'sky', x: scale.left, y: scale.top, width: scale.width, height: scale.height, fill: `url(#${id})` }),
      [0, 25, 50, 75, 100].map(level => [
        s('line', { class: 'grid', x1: scale!.left, x2: right, y1: y(level), y2: y(level) }),
        s('text', { class: 'axis', x: scale!.left - 0.4 * rem, y: y(level) + 0.3 * rem, 'text-anchor': 'end' }, `${level} %`)]),
      axis(night, offset, rem, bottom),
      sun(night, rem, bottom),
      s('g', { 'clip-path': `url(#${id}c)` },
        s('path', { class: 'curve-area', fill: `url(#${id}g)`, d: `${path}L${x(at(now.points.at(-1)!.at))} ${bottom}L${x(at(now.points[0]!.at))} ${bottom}Z` }),
        now.minimum > 0 ? s('line', { class: 'curve-minimum', x1: x(at(night.sunset)), x2: x(at(night.sunrise)), y1: y(now.minimum), y2: y(now.minimum) }) : null,
        ghost ? s('path', { class: 'curve-ghost', d: line(ghost, x, y) }) : null,
        s('path', { class: 'curve-case', d: path }), s('path', { class: 'curve-line', d: path })),
      s('g', { class: 'cross', 'aria-hidden': 'true' }),
      handles.map((one, i) => grip(one, i, night, rem, offset)));
    if (focused !== undefined) picture.querySelector<SVGElement>(`[data-handle="${focused}"]`)?.focus();
    say(told, summary(night));
  }

  const summary = (night: Night): string => t('curve.told', {
    date: dateWords(night.date, { dateStyle: 'full' }), sunset: clockOf(night.sunset), sunrise: clockOf(night.sunrise), burning: hours(night.burningHours), full: hours(night.fullHours),
  });

  function axis(night: Night, offset: number, rem: number, bottom: number): (SVGElement | null)[] {
    const apart = scale!.width / ((scale!.to - scale!.from) / hour), each = [1, 2, 3, 4].find(n => n * apart >= 2.9 * rem) ?? 6;
    const result: (SVGElement | null)[] = [];
    for (let time = scale!.from; time <= scale!.to + 1; time += hour) {
      const n = Math.round((time - at(night.begin)) / hour);
      result.push(s('line', { class: n === 12 ? 'grid midnight' : 'grid', x1: x(time), x2: x(time), y1: scale!.top, y2: bottom }));
      if (n % each === 0) result.push(s('text', { class: 'axis', x: x(time), y: bottom + 1.15 * rem, 'text-anchor': 'middle' }, cityClock(time, offset).replace(/^0/, '')));
    }
    const midnight = at(night.begin) + 12 * hour;
    const day = (date: string, end: boolean): SVGElement => s('text', { class: 'axis day', x: x(midnight) + (end ? -0.6 : 0.6) * rem, y: bottom + 2.4 * rem, 'text-anchor': end ? 'end' : 'start' },
      end ? `${dateWords(date, { weekday: 'short', day: 'numeric', month: 'numeric' })} ◂` : `▸ ${dateWords(date, { weekday: 'short', day: 'numeric', month: 'numeric' })}`);
    return [...result, day(night.date, true), day(nextDay(night.date), false)];
  }

  function sun(night: Night, rem: number, bottom: number): SVGElement[] {
    const [set, rise] = [at(night.sunset), at(night.sunrise)];
    if (rise <= set) return [s('text', { class: 'sun', x: x((scale!.from + scale!.to) / 2), y: scale!.top - 0.6 * rem, 'text-anchor': 'middle' }, t('curve.noNight'))];
    const mark = (time: number, key: string, text: string, anchor: string): SVGElement => s('g', { class: `sun ${key}` },
      s('line', { x1: x(time), x2: x(time), y1: scale!.top - 0.35 * rem, y2: bottom }), s('circle', { cx: x(time), cy: scale!.top - 0.35 * rem, r: 0.28 * rem }),
      s('text', { x: x(time) + (anchor === 'start' ? 0.5 : -0.5) * rem, y: scale!.top - 0.6 * rem, 'text-anchor': anchor }, text));
    const wide = x(rise) - x(set) > 34 * rem, narrow = x(rise) - x(set) < 19 * rem; // in a panel the times alone, or they would stand over one another
    const words = (key: string, time: string): string => (narrow ? clockOf(time) : t(key, { time: clockOf(time) }));
    return [mark(set, 'set', words('curve.sunset', night.sunset), 'start'), mark(rise, 'rise', words('curve.sunrise', night.sunrise), 'end'),
      ...(wide ? [s('text', { class: 'sun length', x: x((set + rise) / 2), y: scale!.top - 0.6 * rem, 'text-anchor': 'middle' }, t('curve.length', { time: hours((rise - set) / hour) }))] : [])];
  }

  // Where the line stands at a point: the server says when it comes that night; by hand it is where the hand is.
  function grip(one: Handle, i: number, night: Night, rem: number, offset: number): SVGElement | null {
    const comes = night.times[i];
    if (comes === undefined) return null;
    const held = drag?.index === i && drag.what === 'point' ? drag : null, rests = held ?? (laid?.index === i ? laid : null);
    const time = rests?.time ?? at(comes), level = rests?.level ?? one.level;
    const end = drag?.index === i && drag.what === 'ramp' ? drag.time : time + one.ramp * 1000;
    const top = one.ramp > 0 || i === selected ? end : time;
    return s('g', { class: `grip${i === selected ? ' selected' : ''}${held ? ' held' : ''}`, 'data-index': i },
      one.ramp > 0 ? s('line', { class: 'ramp', x1: x(time), x2: x(top), y1: y(level), y2: y(level) }) : null,
      edit && (i === selected || x(end) - x(time) > 1.2 * rem) ? s('rect', { class: 'ramp-end', 'data-ramp': i, x: Math.max(x(top) - 0.35 * rem, x(time) + 0.7 * rem), y: y(level) - 0.35 * rem, width: 0.7 * rem, height: 0.7 * rem },
        s('title', {}, t('curve.rampEnd'))) : null,
      s('g', {
        class: 'knob', 'data-handle': i, ...(edit ? { tabindex: 0, role: 'slider' } : { role: 'img' }), 'aria-label': one.label, 'aria-valuemin': edit ? 0 : null, 'aria-valuemax': edit ? 100 : null,
        'aria-valuenow': edit ? Math.round(level) : null, 'aria-valuetext': edit ? t('curve.at', { time: cityClock(time, offset), level: number(level, 1) }) : null,
      }, s('circle', { class: 'hit', cx: x(time), cy: y(level), r: 1.1 * rem }), s('circle', { class: 'dot', cx: x(time), cy: y(level), r: 0.5 * rem }),
        s('text', { class: 'count', x: x(time), y: y(level) + 0.22 * rem, 'text-anchor': 'middle', 'aria-hidden': 'true' }, i + 1)),
      held ? s('text', { class: 'held', x: x(time), y: y(level) - (level > 88 ? -1.6 : 0.9) * rem, 'text-anchor': 'middle' }, t('curve.at', { time: cityClock(time, offset), level: number(level, 1) })) : null);
  }

  function cross(event: PointerEvent): void {
    const box = picture.querySelector('.cross');
    if (!box || !scale || !now || drag) return;
    const { time, inside } = pointer(event);
    const found = inside ? levelAt(now.points, time) : null;
    if (!found) { put(box); return; }
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
    const left = x(time) > scale.left + scale.width * 0.7;
    put(box, s('line', { x1: x(time), x2: x(time), y1: scale.top, y2: scale.top + scale.height }), s('circle', { cx: x(time), cy: y(found.value), r: 0.28 * rem }),
      s('text', { x: x(time) + (left ? -0.6 : 0.6) * rem, y: scale.top + 1.2 * rem, 'text-anchor': left ? 'end' : 'start' },
        t('curve.at', { time: cityClock(time, offsetOf(now.nights[0]!.begin)), level: number(found.value, 1) }) + (edit ? '' : ` · ${found.sentence}`)));
  }

  picture.addEventListener('pointermove', event => {
    if (!drag || !edit || !scale) { cross(event); return; }
    // A press that only chooses a point does not move it.
    if (drag.from && Math.hypot(event.clientX - drag.from.x, event.clientY - drag.from.y) < 4) return;
    drag.from = null;
    const { time: under, level } = pointer(event);
    const time = under - drag.shift;
    if (drag.what === 'ramp') {
      const start = at(now!.nights[0]!.times[drag.index]!);
      const seconds = Math.max(0, Math.min(6 * 3600, Math.round((time - start) / 60_000) * 60));
      drag.time = start + seconds * 1000;
      edit.ramp(drag.index, seconds);
    } else Object.assign(drag, edit.move(drag.index, time, level));
    draw();
  });
  picture.addEventListener('pointerleave', () => { const box = picture.querySelector('.cross'); if (box && !drag) put(box); });

  if (edit) {
    picture.addEventListener('pointerdown', event => {
      if (event.button !== 0 || !(event.target instanceof Element) || !scale) return;
      const ramp = event.target.closest<SVGElement>('[data-ramp]');
      const knob = event.target.closest<SVGElement>('[data-handle]');
      if (!ramp && !knob) return;
      event.preventDefault();
      const index = Number(ramp ? ramp.dataset.ramp : knob!.dataset.handle);
      const time = at(now!.nights[0]!.times[index]!);
      const stands = ramp ? time + handles[index]!.ramp * 1000 : time;
      drag = { index, what: ramp ? 'ramp' : 'point', time: stands, level: handles[index]!.level, shift: ramp ? pointer(event).time - stands : 0, from: { x: event.clientX, y: event.clientY } };
      picture.setPointerCapture(event.pointerId);
      edit.select(index);
      picture.querySelector<SVGElement>(`[data-handle="${index}"]`)?.focus();
    });
    const drop = (): void => { if (drag) { laid = drag.what === 'point' && !drag.from ? drag : null; drag = null; draw(); } };
    picture.addEventListener('pointerup', drop);
    picture.addEventListener('pointercancel', drop);
    picture.addEventListener('dblclick', event => {
      if (!scale || (event.target instanceof Element && event.target.closest('[data-handle]'))) return;
      const { time, level, inside } = pointer(event);
      if (inside) edit.add(time, level);
    });
    picture.addEventListener('focusin', event => {
      const index = event.target instanceof SVGElement ? event.target.dataset.handle : undefined;
      if (index !== undefined && Number(index) !== selected) edit.select(Number(index));
    });
    picture.addEventListener('keydown', event => {
      const index = event.target instanceof SVGElement ? event.target.dataset.handle : undefined;
      if (index === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
      const step: Record<string, [number, number]> = {
        ArrowLeft: [event.shiftKey ? -15 : -1, 0], ArrowRight: [event.shiftKey ? 15 : 1, 0], ArrowUp: [0, event.shiftKey ? 10 : 1], ArrowDown: [0, event.shiftKey ? -10 : -1],
        PageUp: [0, 10], PageDown: [0, -10],
      };
      const by = step[event.key];
      if (by) edit.nudge(Number(index), by[0], by[1]);
      else if (event.key === 'Delete' || event.key === 'Backspace') edit.remove(Number(index));
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  const watch = new ResizeObserver(() => draw());
  watch.observe(element);
  return {
    element,
    show(preview, more = {}) {
      if (preview !== now) laid = null;
      now = preview;
      handles = more.handles ?? [];
      ghost = more.ghost ?? null;
      selected = more.selected ?? -1;
      draw();
    },
    destroy: () => watch.disconnect(),
  };
}
