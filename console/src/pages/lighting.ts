// Where a lighting operator begins: the tree of wards, streets, lamps and groups, the map of lamps as bright as they are, and what is chosen in full.
import '../core/lamps.css';
import './lighting.css';
import { cityMap, mapButtons } from '../core/anymap';
import type { MapActs, Place } from '../core/citymap';
import { h, put } from '../core/dom';
import { number, t } from '../core/i18n';
import { countOf, lampBadge, lampLooks, lampMapLooks, LampData, tree as readTree, type LampLook, type LampRow, type Tree } from '../core/lamps';
import { cityAreas } from '../core/names';
import type { Page } from '../core/router';
import { lightTree } from './lighting-tree';
import { panel } from './lighting-panel';

const readEvery = 3; // seconds
const keep = { target: 'city', hidden: new Set<LampLook>() };

export const page: Page = {
  route: 'lighting',
  nav: 'nav.lighting',
  group: 'lighting',
  async show(box, [wanted], ctx) {
    keep.target = wanted ?? 'city';
    const data = new LampData();
    let counts: Tree | null = null;
    const canvas = h('div', { class: 'city-canvas', 'data-keys': true }), legend = h('div', { class: 'map-legend light-legend', role: 'group', 'aria-label': t('lighting.legend') });
    const read = h('span', { class: 'map-age', 'data-stale-after': 20 }), city = h('div', { class: 'city' }, canvas, legend, read);
    const several = h('div', { class: 'map-card', hidden: true, 'aria-live': 'polite' });
    const tree = lightTree(target => choose(target, true)), detail = panel(ctx, () => { choose('city', true); cover(false); });
    detail.element.hidden = true;
    put(box, h('h1', { class: 'unseen' }, t('lighting.title')), h('div', { class: 'light-desk' }, tree.element, city));
    city.append(several, detail.element);

    const acts: MapActs<LampRow> = {
      device: row => choose(`lamp/${row.id}`, false),
      several: rows => {
        put(several, h('button', { class: 'shut', 'aria-label': t('lighting.shut'), onclick: () => { several.hidden = true; } }, '×'), h('h2', {}, t('lighting.several', { n: rows.length })),
          h('ul', {}, rows.slice(0, 30).map(row => h('li', {}, h('button', { class: 'plain', onclick: () => { several.hidden = true; choose(`lamp/${row.id}`, false); } }, `${row.name} · ${t(`lamplook.${row.look}`)}`)))));
        several.hidden = false;
      },
      nothing: () => { several.hidden = true; },
    };
    await cityAreas().catch(() => null); // names
    const { map } = await cityMap(canvas, { scale: Math.max(1, innerWidth / 2200), interactive: true, looks: lampMapLooks, acts }, ctx.signal);
    if (!map) return;
    city.append(mapButtons(map));

    /** Lamps of what is chosen; a single lamp is seen among those of its street. */
    const belongs = (row: LampRow): boolean => {
      const [scope, ...rest] = keep.target.split('/'), id = rest.join('/');
      if (scope === 'street') return row.street === id;
      if (scope === 'group') return row.groups.includes(id);
      if (scope === 'ward') return counts?.wards.find(w => w.ward === id)?.streets.some(s => s.id === row.street) ?? false;
      if (scope === 'lamp') return row.id === id || row.street === data.rows.get(id)?.street;
      return true;
    };
    const inWard = new Set<string>();
    const shown = (row: LampRow): boolean => !keep.hidden.has(row.look) && (keep.target.startsWith('ward/') ? inWard.has(row.street ?? '') : belongs(row));

    function frame(): void {
      const lamp = keep.target.startsWith('lamp/') ? data.rows.get(keep.target.slice(5)) : undefined;
      if (lamp) { map!.fly([lamp.lon, lamp.lat], 17); return; }
      const places: Place[] = [];
      for (const row of data.rows.values()) if (shown(row)) places.push([row.lon, row.lat]);
      if (places.length) map!.fit(places, keep.target === 'city' ? 15 : 17);
    }

    function drawLegend(): void {
      if (!counts) return;
      const text = JSON.stringify([counts.city, [...keep.hidden], document.documentElement.lang]);
      if (legend.dataset.is === text) return;
      legend.dataset.is = text;
      const focused = legend.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset.look : undefined;
      put(legend, h('div', { class: 'map-states' }, lampLooks.filter(look => countOf(counts!.city, look) > 0 || keep.hidden.has(look)).map(look => h('button', {
        'data-look': look, 'aria-pressed': String(!keep.hidden.has(look)),
        onclick: () => { if (!keep.hidden.delete(look)) keep.hidden.add(look); map!.devices(data.rows, shown, null); drawLegend(); },
      }, lampBadge(look), ' ', h('b', {}, number(countOf(counts!.city, look)))))));
      if (focused) legend.querySelector<HTMLElement>(`[data-look="${focused}"]`)?.focus();
    }

    const speak = async (): Promise<void> => { if (counts) await detail.show(keep.target, counts, data); };

    /** The panel stands over the map at its right: what is framed is framed beside it. */
    function cover(on: boolean): void {
      detail.element.hidden = !on;
      city.classList.toggle('covered', on);
      map!.room(on ? Math.min(detail.element.offsetWidth, city.clientWidth / 2) : 0);
    }

    function choose(target: string, byTree: boolean): void {
      keep.target = target;
      cover(true);
      history.replaceState(null, '', target === 'city' ? '#/lighting' : `#/lighting/${encodeURIComponent(target)}`); // the address can be kept, and a step back leaves the page
      if (target.startsWith('ward/')) { inWard.clear(); for (const street of counts?.wards.find(w => w.ward === target.slice(5))?.streets ?? []) inWard.add(street.id ?? ''); }
      tree.choose(target);
      map!.devices(data.rows, shown, null);
      const lamp = target.startsWith('lamp/') ? data.rows.get(target.slice(5)) : undefined;
      map!.sketch(lamp ? [[lamp.lon, lamp.lat]] : []);
      if (byTree) frame();
      void speak().catch(() => undefined); // the next reading says what is wrong
    }

    const load = async (): Promise<void> => {
      const [changed, found] = await Promise.all([data.read(ctx.signal), readTree(ctx.signal)]);
      if (ctx.signal.aborted) return;
      const first = counts === null;
      counts = found;
      map.devices(data.rows, shown, changed);
      tree.show(counts, data);
      read.dataset.age = String(Date.now());
      drawLegend();
      if (first && !wanted) { tree.choose('city'); frame(); }
      else if (first) choose(keep.target, true);
      else if (!detail.element.hidden) await speak();
    };
    await load();
    ctx.refresh(load, readEvery);
  },
};
