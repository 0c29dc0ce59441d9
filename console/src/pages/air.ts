// The air: each station by VN_AQI, on the colour that the decision gives it, and in its words.
import './air.css';
import { get } from '../core/api';
import { h, put, say } from '../core/dom';
import { age, language, moment, number, t, timeFormat } from '../core/i18n';
import type { Ctx, Page } from '../core/router';
import { staleText } from '../core/state';
import { at } from '../core/time';
import { bandOf, hoursChart, ink, type Band, type Hour } from './air-hours';

interface Station {
  device: string; name?: string | null; aqi: number | null; band: number | null; colour: string | null; pollutant: string | null;
  at?: string | null; stale: boolean; unanswered?: string | null; parts: Record<string, number>; concentrations: Record<string, number>; measuredAt?: string | null;
}
interface Card { element: HTMLElement; update(now: Station): void; draw(): Promise<void> }

const pollutants = ['pm2_5', 'pm10', 'o3', 'no2', 'so2', 'co'];

/** The hour that an index holds for: "16:00–17:00". */
function hourOf(end: number): string {
  const format = timeFormat({ hour: '2-digit', minute: '2-digit' });
  return `${format.format(end - 3600e3)}–${format.format(end)}`;
}

function card(first: Station, bands: Band[], ctx: Ctx): Card {
  let drawn = 0, hour = '';
  const title = first.name ?? first.device;
  const index = h('div', { class: 'air-index' }), name = h('strong', { class: 'air-name' }), holds = h('span'), old = h('span', { class: 'stale-word' }, t('look.stale'));
  const parts = h('dl', { class: 'air-parts' }), plot = h('div', { class: 'air-plot' }), seen = h('span'), lead = h('span', { class: 'air-lead' });
  const element = h('article', { class: 'air-card', 'aria-label': title },
    index, h('div', { class: 'air-words' }, h('h3', {}, h('a', { href: `#/device/${encodeURIComponent(first.device)}` }, title)), h('div', { class: 'air-main' }, name, lead),
      h('p', { class: 'more' }, holds, ' ', t('air.seen'), ' ', seen, ' ', old), parts), plot);
  return {
    element,
    update(s) {
      const band = s.aqi === null ? null : bandOf(bands, s.aqi);
      say(index, s.aqi === null ? '–' : String(s.aqi));
      index.style.background = band?.colour ?? '';
      index.style.color = band ? ink(band.colour) : '';
      element.classList.toggle('hatched', s.stale);
      element.classList.toggle('none', s.aqi === null);
      say(name, band ? band.name[language()] : t('air.noIndex'));
      say(lead, s.pollutant ? t('air.lead', { pollutant: t(`pollutant.${s.pollutant}`) }) : '');
      say(holds, s.at ? t('air.hour', { hour: hourOf(at(s.at)) }) : t('air.why'));
      old.hidden = !s.stale;
      say(old, staleText(s.unanswered));
      const time = at(s.measuredAt);
      if (time) { seen.dataset.age = String(time); seen.title = moment(time); }
      say(seen, !time && s.unanswered ? '?' : age(time));
      put(parts, pollutants.filter(p => s.parts[p] !== undefined || s.concentrations[p] !== undefined).map(p => {
        const own = s.parts[p], value = s.concentrations[p];
        const mark = h('dd', { class: 'air-part' }, own === undefined ? '–' : String(own));
        if (own !== undefined) { const colour = bandOf(bands, own).colour; mark.style.background = colour; mark.style.color = ink(colour); }
        return h('div', {}, h('dt', {}, t(`pollutant.${p}`)), mark, h('dd', { class: 'air-value' }, value === undefined ? '' : t('air.concentration', { value: number(value, value < 100 ? 1 : 0) })));
      }));
      if (s.at && s.at !== hour) { hour = s.at; drawn = 0; }
    },
    async draw() {
      if (drawn) return;
      drawn = Date.now();
      const { items } = await get<{ items: Hour[] }>(`/api/v1/air/${encodeURIComponent(first.device)}?hours=24`, ctx.signal);
      put(plot, items.some(one => one.aqi !== null) ? [hoursChart(items, bands, title), h('p', { class: 'more' }, t('air.chart'))] : h('p', { class: 'more' }, t('air.noHours')));
    },
  };
}

export const page: Page = {
  route: 'air',
  nav: 'nav.air',
  group: 'watch',
  async show(box, _args, ctx) {
    const list = h('div', { class: 'air-list' }), summary = h('p', { class: 'air-summary', 'aria-live': 'polite' }), legend = h('ul', { class: 'air-legend', 'aria-label': t('air.legend') });
    const cards = new Map<string, Card>();
    const near = new IntersectionObserver(seen => seen.forEach(one => { if (one.isIntersecting) void cards.get((one.target as HTMLElement).dataset.device!)?.draw().catch(() => undefined); }), { rootMargin: '300px' });
    ctx.signal.addEventListener('abort', () => near.disconnect());
    put(box, h('h2', {}, t('nav.air')), legend, summary, list, h('p', { class: 'more' }, t('air.how')));

    const load = async (): Promise<void> => {
      const { items, bands } = await get<{ items: Station[]; bands: Band[] }>('/api/v1/air', ctx.signal);
      if (!legend.firstChild) {
        put(legend, bands.map(b => {
          const one = h('li', {}, h('b', {}, `${b.from}–${b.to}`), ' ', b.name[language()]);
          one.style.background = b.colour;
          one.style.color = ink(b.colour);
          return one;
        }));
      }
      // Worst first. A stale index is of no use now: it stands behind the live ones, and before those that never had one.
      items.sort((a, b) => Number(a.aqi === null) - Number(b.aqi === null) || Number(a.stale) - Number(b.stale) || (b.aqi ?? 0) - (a.aqi ?? 0) || a.device.localeCompare(b.device));
      const live = items.filter(s => s.aqi !== null && !s.stale);
      say(summary, items.length === 0 ? t('air.none') : t('air.summary', { all: items.length, live: live.length, worst: live[0] ? `${live[0].aqi} (${bandOf(bands, live[0].aqi!).name[language()]})` : '–', silent: items.filter(s => s.stale && !s.unanswered).length }));
      items.forEach((s, i) => {
        if (!cards.has(s.device)) {
          const made = card(s, bands, ctx);
          made.element.dataset.device = s.device;
          cards.set(s.device, made);
        }
        const made = cards.get(s.device)!;
        made.update(s);
        if (list.children[i] !== made.element) list.insertBefore(made.element, list.children[i] ?? null);
        near.observe(made.element);
      });
      for (const [id, one] of cards) if (!items.some(s => s.device === id)) { one.element.remove(); cards.delete(id); }
    };
    await load();
    ctx.refresh(async () => {
      await load();
      for (const one of cards.values()) if (one.element.getBoundingClientRect().top < innerHeight + 300) await one.draw();
    }, 15);
  },
};
