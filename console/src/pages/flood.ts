// The rivers: each gauge against báo động I to III, where it is going, and the last two days.
import './flood.css';
import { get } from '../core/api';
import { chart, type Chart, type Point } from '../core/chart';
import { h, put, say } from '../core/dom';
import { age, clock, moment, t } from '../core/i18n';
import { history } from '../core/history';
import type { Ctx, Page } from '../core/router';
import { staleText } from '../core/state';
import { at } from '../core/time';
import { gauge, metres, stageNames } from './flood-gauge';

interface Gauge {
  device: string; name?: string | null; metric: string; level: number | null; measuredAt?: string | null; stale: boolean; unanswered?: string | null;
  stages: (number | null)[]; stage: number; trendMetresPerHour: number | null; nextStage: number | null; nextStageAt?: string | null;
}
interface Card { element: HTMLElement; update(now: Gauge): void; draw(): Promise<void> }

const hours = 48, steady = 0.02, fast = 0.1, drawEvery = 60_000;
const tones = ['minor', 'major', 'critical'];

/** Danger first: the level reached, then the nearest next one, then silence (a gauge lost in a flood is bad news), then the way to go. */
export function danger(a: Gauge, b: Gauge): number {
  const soon = (g: Gauge): number => (g.nextStage ? at(g.nextStageAt) : Infinity);
  const way = (g: Gauge): number => Math.min(...g.stages.map(s => (s !== null && g.level !== null && s > g.level ? s - g.level : Infinity)));
  const compare = (x: number, y: number): number => (x < y ? -1 : x > y ? 1 : 0);
  return b.stage - a.stage || compare(soon(a), soon(b)) || Number(b.stale) - Number(a.stale) || compare(way(a), way(b)) || compare(0, a.device.localeCompare(b.device) * -1);
}

function trend(g: Gauge): [string, string] {
  const rate = g.trendMetresPerHour;
  if (rate === null) return ['', t(g.stale ? 'flood.trendStale' : 'flood.trendUnknown')];
  const much = { rate: metres(Math.abs(rate)) };
  if (Math.abs(rate) < steady) return ['→', t('flood.steady')];
  return rate > 0 ? [rate >= fast ? '↑' : '↗', t('flood.rising', much)] : [-rate >= fast ? '↓' : '↘', t('flood.falling', much)];
}

function next(g: Gauge): string {
  if (!g.nextStage || !g.nextStageAt) return '';
  const when = at(g.nextStageAt);
  return t('flood.next', { stage: stageNames[g.nextStage - 1]!, time: age(1, 1 + Math.max(when - Date.now(), 0)), clock: clock(when).replace(/:\d\d(?=\D*$)/, '') });
}

function card(first: Gauge, ctx: Ctx): Card {
  let now = first, drawn = 0;
  const picture = h('div', { class: 'flood-picture' }), stage = h('strong', { class: 'flood-stage' }), level = h('span', { class: 'flood-level' });
  const arrow = h('span', { class: 'flood-arrow', 'aria-hidden': 'true' }), moving = h('span'), ahead = h('p', { class: 'flood-next' }), crest = h('span');
  const old = h('span', { class: 'stale-word' }, t('look.stale')), seen = h('span', {}), plot = h('div', { class: 'flood-plot' });
  const title = first.name ?? first.device;
  const lines: Chart = chart({ label: t('flood.chart', { name: title, hours }), height: 10, include: first.stages.filter((v): v is number => v !== null) });
  ctx.signal.addEventListener('abort', () => lines.destroy());
  const element = h('article', { class: 'flood-card', 'aria-label': title }, picture,
    h('div', { class: 'flood-words' }, h('h3', {}, h('a', { href: `#/device/${encodeURIComponent(first.device)}` }, title)),
      h('div', { class: 'flood-main' }, level, stage, h('span', { class: 'flood-trend' }, arrow, moving)), ahead,
      h('div', { class: 'more' }, h('span', {}, t('flood.measured'), ' ', seen, ' ', old), crest)), plot);

  return {
    element,
    update(g) {
      const before = now;
      now = g;
      if (!picture.firstChild || before.level !== g.level || before.stale !== g.stale || String(before.stages) !== String(g.stages)) put(picture, gauge(g.level, g.stages, g.stale));
      const unknown = Boolean(g.stale && g.unanswered); // nobody here can say that the water is low
      element.className = `flood-card ${g.stage ? tones[g.stage - 1] : !unknown && g.stages.some(v => v !== null) ? 'calm-water' : ''} ${g.stale ? 'hatched' : ''}`;
      say(stage, g.stage ? t('flood.reached', { stage: stageNames[g.stage - 1]! }) : t(unknown ? 'look.unknown' : g.stages.some(v => v !== null) ? 'flood.below' : 'flood.noStages'));
      say(level, g.level === null ? (unknown ? '–' : t('flood.noLevel')) : t('flood.level', { level: metres(g.level) }));
      const [sign, words] = trend(g);
      say(arrow, sign);
      say(moving, words);
      say(ahead, next(g));
      ahead.hidden = !ahead.textContent;
      old.hidden = !g.stale;
      say(old, staleText(g.unanswered));
      const time = at(g.measuredAt);
      if (time) { seen.dataset.age = String(time); seen.title = moment(time); }
      say(seen, !time && unknown ? '?' : age(time));
    },
    async draw() {
      if (Date.now() - drawn < drawEvery) return;
      drawn = Date.now();
      const to = Date.now(), from = to - hours * 3600e3;
      const points = await history(now.device, now.metric, from, to, ctx.signal, 290);
      if (!points.length) { put(plot, h('p', { class: 'more' }, t('flood.noHistory'))); return; }
      if (!lines.element.isConnected) put(plot, lines.element);
      lines.update({ series: [{ label: t('flood.axis'), points, unit: 'm', tone: 'info' }], from, to,
        levels: now.stages.map((value, i) => ({ value: value ?? NaN, label: stageNames[i]!, tone: tones[i]! })).filter(l => Number.isFinite(l.value)) });
      const top = points.reduce<Point>((a, b) => ((b.high ?? b.value) > (a.high ?? a.value) ? b : a), points[0]!);
      say(crest, t('flood.crest', { hours, level: metres(top.high ?? top.value), time: moment(top.time) }));
    },
  };
}

export const page: Page = {
  route: 'flood',
  nav: 'nav.flood',
  group: 'watch',
  async show(box, _args, ctx) {
    const list = h('div', { class: 'flood-list' }), summary = h('p', { class: 'flood-summary', 'aria-live': 'polite' });
    const cards = new Map<string, Card>();
    // A chart is drawn once it is near the screen: a city with fifty gauges does not ask for fifty histories at once.
    const near = new IntersectionObserver(seen => seen.forEach(one => { if (one.isIntersecting) void cards.get((one.target as HTMLElement).dataset.device!)?.draw().catch(() => undefined); }), { rootMargin: '400px' });
    ctx.signal.addEventListener('abort', () => near.disconnect());
    put(box, h('h2', {}, t('nav.flood')), summary, list, h('p', { class: 'more' }, t('flood.how')));

    const load = async (): Promise<void> => {
      const { items } = await get<{ items: Gauge[] }>('/api/v1/flood', ctx.signal);
      items.sort(danger);
      const reached = (n: number): number => items.filter(g => g.stage >= n).length;
      say(summary, items.length === 0 ? t('flood.none') : t('flood.summary', { all: items.length, one: reached(1), two: reached(2), three: reached(3), stale: items.filter(g => g.stale && !g.unanswered).length }));
      for (const g of items) {
        if (!cards.has(g.device)) {
          const made = card(g, ctx);
          made.element.dataset.device = g.device;
          cards.set(g.device, made);
        }
        cards.get(g.device)!.update(g);
      }
      for (const [id, one] of cards) if (!items.some(g => g.device === id)) { one.element.remove(); cards.delete(id); }
      items.forEach((g, i) => {
        const { element } = cards.get(g.device)!;
        if (list.children[i] !== element) list.insertBefore(element, list.children[i] ?? null);
        near.observe(element);
      });
    };
    await load();
    ctx.refresh(async () => {
      await load();
      for (const one of cards.values()) if (one.element.getBoundingClientRect().top < innerHeight + 400) await one.draw();
    }, 5);
  },
};
