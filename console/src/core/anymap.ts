// A map in a box: maplibre where the browser can, the plain canvas where it cannot; with the city's own style, the areas of the registry, and the buttons.
import { get } from './api';
import type { Spot } from './citydata';
import type { Drawing, MapOptions } from './citymap';
import { h } from './dom';
import { t } from './i18n';
import { cityAreas } from './names';

interface ConsoleSettings { mapStyle?: string | null }

/** Draws; null when the page was left meanwhile. It goes with the page. */
export async function cityMap<R extends Spot>(canvas: HTMLElement, options: Omit<MapOptions<R>, 'styleUrl'>, signal: AbortSignal): Promise<{ map: Drawing<R> | null; flat: boolean }> {
  const [settings, maplibre] = await Promise.all([get<ConsoleSettings>('/api/v1/console-settings', signal).catch(() => ({} as ConsoleSettings)), import('./citymap')]);
  if (signal.aborted) return { map: null, flat: false };
  let map: Drawing<R>, flat = false;
  try {
    map = maplibre.draw(canvas, { ...options, styleUrl: settings.mapStyle });
  } catch { // no WebGL in this browser, or none left
    canvas.replaceChildren();
    map = (await import('./flatmap')).draw(canvas, options);
    flat = true;
  }
  if (signal.aborted) { map.destroy(); return { map: null, flat }; }
  signal.addEventListener('abort', () => map.destroy());
  cityAreas().then(found => { if (!signal.aborted) map.areas(found); }, () => undefined);
  return { map, flat };
}

export const mapButtons = (map: Pick<Drawing<Spot>, 'zoom' | 'whole'>): HTMLElement => h('div', { class: 'map-buttons' },
  h('button', { 'aria-label': t('map.in'), title: t('map.in'), onclick: () => map.zoom(1) }, '+'),
  h('button', { 'aria-label': t('map.out'), title: t('map.out'), onclick: () => map.zoom(-1) }, '−'),
  h('button', { 'aria-label': t('map.whole'), title: t('map.whole'), onclick: () => map.whole() }, '⌂'));
