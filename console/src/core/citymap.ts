// The map of the city on maplibre: one source of marks, and a beacon for each incident that waits.
import * as maplibre from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';
import * as alerts from './alerts';
import type { Spot } from './citydata';
import { h, say } from './dom';
import { t, word } from './i18n';
import { symbols } from './list';
import * as style from './mapstyle';
import type { Areas } from './names';

maplibre.setWorkerUrl(new URL(workerUrl, location.href).href); // a file of ours: the content security policy allows no blob

const beaconsShown = 40;
const pulsing = 8; // beacons that move: more of them say no more, and cost a slow machine its frames

export type Place = [lon: number, lat: number];

export interface MapActs<R extends Spot> {
  device(row: R): void;
  several(rows: R[]): void;
  incident?(group: alerts.Group): void;
  nothing(): void;
  /** A press anywhere, before it is asked what is there; true: it is done with. */
  ground?(at: Place): boolean;
}

export interface MapOptions<R extends Spot> { scale: number; interactive: boolean; styleUrl?: string | null | undefined; looks: style.Looks<R>; acts: MapActs<R> }

/** What the page does with a map, whichever draws it. */
export interface Drawing<R extends Spot> {
  areas(found: Areas): void;
  /** `changed`: ids; null when everything may have changed. */
  devices(rows: ReadonlyMap<string, R>, shown: (row: R) => boolean, changed: string[] | null): void;
  beacons(groups: alerts.Group[], place: (group: alerts.Group) => Place | null, chosen: string | null): void;
  /** Points and the line between them; from three on it is an area. `drawing`: somebody is at it. */
  sketch(points: Place[], drawing?: boolean): void;
  /** So many pixels at the right are covered by something else: what is framed is framed beside them. */
  room(right: number): void;
  fly(to: Place, zoom?: number): void;
  /** Shows all of these places. */
  fit(places: Place[], closest?: number): void;
  whole(): void;
  zoom(by: number): void;
  /** When a person has last moved it (performance.now). */
  movedAt(): number;
  destroy(): void;
}

const calm = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches;

/** Throws where this browser has no WebGL. */
export function draw<R extends Spot>(box: HTMLElement, options: MapOptions<R>): Drawing<R> {
  const { looks } = options;
  const feature = (row: R): GeoJSON.Feature => ({ type: 'Feature', geometry: { type: 'Point', coordinates: [row.lon, row.lat] }, properties: { id: row.id, ...looks.properties(row) } });
  let sketched: Place[] = [];
  let shownAreas: Areas | null = null, bounds: maplibre.LngLatBounds | null = null;
  let last: { rows: ReadonlyMap<string, R>; shows: (row: R) => boolean } | null = null;
  let pending: Set<string> | 'all' | null = null, sending = false, ready = false, moved = 0, framed = false;
  const shown = new Set<string>(); // ids in the source
  const marks = new Map<string, { marker: maplibre.Marker; element: HTMLElement; symbol: HTMLElement; label: HTMLElement }>();

  const map = new maplibre.Map({
    container: box, style: options.styleUrl ?? style.cityStyle(style.palette(), options.scale, looks), interactive: options.interactive,
    center: [105.7765, 19.8075], zoom: 12.2, minZoom: 8, maxZoom: 20, attributionControl: options.styleUrl ? { compact: true } : false,
    dragRotate: false, pitchWithRotate: false, touchPitch: false, fadeDuration: 0, renderWorldCopies: false, refreshExpiredTiles: false,
    locale: { 'Map.Title': t('map.title') },
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();

  const source = (id: string): maplibre.GeoJSONSource | undefined => map.getSource(id) as maplibre.GeoJSONSource | undefined;

  function prepare(): void {
    const p = style.palette();
    for (const state of looks.icons) {
      const name = `state-${state}`, image = looks.icon(state, p);
      if (map.hasImage(name)) map.updateImage(name, image); else map.addImage(name, image, { pixelRatio: 2 });
    }
    if (!source('devices')) { // a style of the city's own: ours on top of it
      for (const [id, one] of Object.entries(style.sources(looks))) if (!map.getSource(id)) map.addSource(id, one);
      for (const layer of [...style.names(p, options.scale), ...looks.layers(p, options.scale), ...style.sketch(p)]) if (!map.getLayer(layer.id)) map.addLayer(layer);
    }
    ready = true;
    if (shownAreas) put(shownAreas);
    if (last) { pending = 'all'; void send(); }
    if (sketched.length) drawSketch();
  }
  map.on('style.load', prepare);
  map.on('error', event => console.warn(event.error?.message ?? event));

  function put(found: Areas): void {
    source('areas')?.setData(found);
    const features = found.features.filter(f => f.properties.kind === 'ward' || f.properties.kind === 'river').map((f): GeoJSON.Feature => ({
      type: 'Feature', properties: f.properties, geometry: { type: 'Point', coordinates: f.properties.kind === 'river' ? between(f.geometry) : middle(f.geometry) },
    }));
    source('labels')?.setData({ type: 'FeatureCollection', features });
  }

  /** What is not yet on the map, in one message; while one is on its way, what comes meanwhile waits for the next. */
  async function send(): Promise<void> {
    if (sending || !ready || !last || !pending) return;
    const what = pending, { rows, shows } = last, to = source('devices');
    if (!to) return;
    pending = null;
    sending = true;
    try {
      if (what === 'all') {
        shown.clear();
        const features: GeoJSON.Feature[] = [];
        for (const row of rows.values()) if (shows(row)) { features.push(feature(row)); shown.add(row.id); }
        await to.setData({ type: 'FeatureCollection', features });
      } else {
        const add: GeoJSON.Feature[] = [], remove: string[] = [];
        for (const id of what) {
          const row = rows.get(id);
          if (row && shows(row)) { add.push(feature(row)); shown.add(id); } else if (shown.delete(id)) remove.push(id);
        }
        await to.updateData({ add, remove });
      }
    } catch (error) { console.warn(error); } finally { sending = false; }
    if (pending) void send();
  }

  function drawSketch(): void {
    const to = source('sketch');
    if (!to) return;
    const features: GeoJSON.Feature[] = sketched.map(point => ({ type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates: point } }));
    if (sketched.length > 2) features.unshift({ type: 'Feature', properties: {}, geometry: { type: 'Polygon', coordinates: [[...sketched, sketched[0]!]] } });
    else if (sketched.length === 2) features.unshift({ type: 'Feature', properties: {}, geometry: { type: 'LineString', coordinates: sketched } });
    void to.setData({ type: 'FeatureCollection', features });
  }

  // What is under the pointer.
  const hit = (point: maplibre.PointLike): maplibre.MapGeoJSONFeature[] => {
    const { x, y } = maplibre.Point.convert(point as [number, number]);
    return map.queryRenderedFeatures([[x - 6, y - 6], [x + 6, y + 6]], { layers: looks.hit.filter(id => map.getLayer(id)) });
  };
  map.on('click', async event => {
    if (options.acts.ground?.(event.lngLat.toArray() as Place)) return;
    const found = hit(event.point);
    const cluster = found.find(f => f.properties.cluster_id !== undefined), from = source('devices');
    if (!found.length || !last || !from) { options.acts.nothing(); return; }
    if (!cluster) {
      const rows = [...new Set(found.map(f => String(f.properties.id)))].map(id => last!.rows.get(id)).filter(row => row !== undefined);
      if (rows.length === 1) options.acts.device(rows[0]!); else options.acts.several(rows);
      return;
    }
    const id = Number(cluster.properties.cluster_id);
    const zoom = await from.getClusterExpansionZoom(id).catch(() => 20);
    if (zoom <= 16.5 && zoom > map.getZoom() + 0.1) { map.easeTo({ center: (cluster.geometry as GeoJSON.Point).coordinates as [number, number], zoom: Math.min(zoom + 0.3, 18), animate: !calm() }); return; }
    const leaves = await from.getClusterLeaves(id, 60, 0);
    options.acts.several(leaves.map(f => last!.rows.get(String(f.properties?.id))).filter(row => row !== undefined));
  });
  let pointed = 0;
  map.on('mousemove', event => { // asking what is under the pointer costs more than a frame: not while the map moves, and not for each pixel
    const now = performance.now();
    if (map.isMoving() || now - pointed < 120) return;
    pointed = now;
    map.getCanvas().style.cursor = hit(event.point).length ? 'pointer' : '';
  });
  map.on('movestart', () => box.classList.add('moving'));
  map.on('moveend', () => { box.classList.remove('moving'); settle(); });
  for (const name of ['dragstart', 'wheel', 'zoomstart'] as const) map.on(name, event => { if ((event as { originalEvent?: Event }).originalEvent) moved = performance.now(); });

  const themed = (): void => {
    if (options.styleUrl) { if (ready) prepare(); return; }
    ready = false;
    map.setStyle(style.cityStyle(style.palette(), options.scale, looks), { diff: false });
  };
  document.addEventListener('theme', themed);

  /** Names that would cover another name or its mark are left out; the chosen one has its name first, then the worst. */
  function settle(): void {
    const taken: [left: number, top: number, right: number, bottom: number][] = [];
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
    const list = [...marks.values()].map(mark => ({ mark, at: map.project(mark.marker.getLngLat()) }));
    for (const { at } of list) taken.push([at.x - rem, at.y - rem, at.x + rem, at.y + rem]);
    list.sort((a, b) => Number(b.mark.element.classList.contains('chosen')) - Number(a.mark.element.classList.contains('chosen')));
    for (const { mark, at } of list) {
      const half = mark.label.textContent!.length * rem * 0.32 + rem * 0.5, top = at.y + rem * 1.25, box: typeof taken[number] = [at.x - half, top, at.x + half, top + rem * 1.45];
      const free = mark.element.classList.contains('chosen') || !taken.some(other => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1]);
      mark.label.classList.toggle('covered', !free);
      if (free && mark.label.textContent) taken.push(box);
    }
  }

  const whole = (): void => { if (bounds && !bounds.isEmpty()) map.fitBounds(bounds, { padding: 40, animate: framed && !calm(), maxZoom: 15 }); };

  return {
    areas(found) {
      shownAreas = found;
      if (ready) put(found);
      const drawn = found.features.filter(f => f.properties.kind === 'ward');
      bounds = new maplibre.LngLatBounds();
      for (const f of drawn.length ? drawn : found.features) for (const point of points(f.geometry)) bounds.extend(point);
      if (!framed) { whole(); framed = true; }
    },
    devices(rows, shows, changed) {
      const first = !last;
      last = { rows, shows };
      if (changed === null || pending === 'all') pending = 'all';
      else if (changed.length) { const set = pending ?? new Set<string>(); for (const id of changed) set.add(id); pending = set; }
      void send();
      if (first && (!bounds || bounds.isEmpty()) && rows.size) {
        bounds = new maplibre.LngLatBounds();
        for (const row of rows.values()) bounds.extend([row.lon, row.lat]);
        whole();
      }
    },
    beacons(groups, placeOf, chosen) {
      const wanted = new Set<string>();
      for (const group of groups) {
        if (wanted.size >= beaconsShown) break;
        if (group.severity !== 'critical' && group.severity !== 'major') continue;
        const place = placeOf(group);
        if (!place) continue;
        wanted.add(group.key);
        let mark = marks.get(group.key);
        if (!mark) {
          const symbol = h('span', { class: 'beacon-symbol', 'aria-hidden': 'true' }), label = h('span', { class: 'beacon-label' });
          const element = h('button', { onclick: (event: Event) => { event.stopPropagation(); const now = alerts.groupOf(group.key); if (now) options.acts.incident?.(now); } }, symbol, label);
          mark = { element, symbol, label, marker: new maplibre.Marker({ element, anchor: 'center' }).setLngLat(place).addTo(map) };
          marks.set(group.key, mark);
        }
        mark.marker.setLngLat(place);
        mark.element.classList.add('beacon');
        for (const [name, on] of Object.entries({ critical: group.severity === 'critical', major: group.severity === 'major', waiting: group.waiting > 0, pulse: group.waiting > 0 && (wanted.size <= pulsing || group.key === chosen), test: group.test, chosen: group.key === chosen })) mark.element.classList.toggle(name, on);
        mark.element.setAttribute('aria-label', `${word('kind', group.lead.kind)} — ${alerts.where(group.lead)}`);
        say(mark.symbol, symbols[group.severity] ?? '');
        say(mark.label, group.severity === 'critical' || group.key === chosen ? alerts.where(group.lead) : '');
        mark.element.style.zIndex = group.severity === 'critical' ? '3' : '2';
      }
      for (const [key, mark] of marks) if (!wanted.has(key)) { mark.marker.remove(); marks.delete(key); }
      settle();
    },
    room(right) { map.setPadding({ top: 0, bottom: 0, left: 0, right }); },
    sketch(points, drawing = false) {
      sketched = points;
      map.getCanvas().style.cursor = drawing ? 'crosshair' : '';
      if (ready) drawSketch();
    },
    fly(to, zoom = 16) {
      if (calm()) map.jumpTo({ center: to, zoom: Math.max(map.getZoom(), zoom) });
      else map.flyTo({ center: to, zoom: Math.max(map.getZoom(), zoom), speed: 2.2, maxDuration: 1800 });
    },
    fit(places, closest = 15) {
      const all = new maplibre.LngLatBounds();
      for (const place of places) all.extend(place);
      map.fitBounds(all, { padding: Math.min(box.clientWidth, box.clientHeight) / 6, maxZoom: closest, animate: !calm() });
    },
    whole,
    zoom: by => { map.zoomTo(map.getZoom() + by, { animate: !calm() }); },
    movedAt: () => moved,
    destroy() {
      document.removeEventListener('theme', themed);
      map.remove();
    },
  };
}

export function* points(geometry: GeoJSON.Geometry): Generator<[number, number]> {
  if (geometry.type === 'GeometryCollection') { for (const one of geometry.geometries) yield* points(one); return; }
  const walk = function* (list: unknown[]): Generator<[number, number]> {
    if (typeof list[0] === 'number') yield [list[0], list[1] as number];
    else for (const one of list) yield* walk(one as unknown[]);
  };
  yield* walk(geometry.coordinates as unknown[]);
}

function middle(geometry: GeoJSON.Geometry): [number, number] {
  let x = 0, y = 0, n = 0;
  for (const [lon, lat] of points(geometry)) { x += lon; y += lat; n++; }
  return n ? [x / n, y / n] : [0, 0];
}

/** A point in the water: half way between both banks, a third of the way down. A border that is drawn down one bank and up the other has them opposite. */
function between(geometry: GeoJSON.Geometry): [number, number] {
  const ring = [...points(geometry)], half = Math.floor(ring.length / 2), at = Math.floor(half * 0.62);
  const a = ring[at], b = ring[Math.max(half * 2 - 1 - at, 0)];
  return a && b ? [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2] : middle(geometry);
}
