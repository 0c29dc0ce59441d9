// How the city is drawn: background, wards, river, streets, grounds, devices, in the colours of the theme. No tiles, no remote fonts:
// without a glyphs URL maplibre draws letters from the fonts of this computer.
import type { ExpressionSpecification, GeoJSONSourceSpecification, LayerSpecification, StyleSpecification } from 'maplibre-gl';
import { rankOf, states, type DeviceRow, type Spot, type State } from './citydata';

export type Palette = Record<string, string>;

/** Colours from style.css, where both themes stand. */
export function palette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const names = ['ground', 'panel', 'raised', 'line', 'text', 'quiet', 'accent', 'critical', 'major', 'minor', 'info', 'stale', 'test', 'map-land', 'map-ward', 'map-water', 'map-street', 'map-main', 'map-place', 'lamp-on', 'lamp-dim', 'lamp-off'];
  return Object.fromEntries(names.map(name => [name, style.getPropertyValue(`--${name}`).trim()]));
}

export const stateTone: Record<State, string> = { ok: 'accent', stale: 'stale', never: 'quiet', info: 'info', minor: 'minor', major: 'major', critical: 'critical', test: 'test', unknown: 'quiet' };

const font = ['DejaVu Sans', 'Liberation Sans', 'Arial'];
const bold = ['DejaVu Sans Bold', 'DejaVu Sans', 'Liberation Sans'];

const byRank = (of: (state: State) => string, rank: ExpressionSpecification): ExpressionSpecification =>
  ['match', rank, ...states.flatMap(s => [rankOf[s], of(s)] as [number, string]), of('ok')] as unknown as ExpressionSpecification;

const isType = (type: string): ExpressionSpecification => ['==', ['get', 'type'], type];
const isKind = (kind: string): ExpressionSpecification => ['==', ['get', 'kind'], kind];

/** Layers below the devices; `scale` makes letters and lines fit for a wall. */
export const ground = (p: Palette, scale: number): LayerSpecification[] => [
  { id: 'ward', type: 'fill', source: 'areas', filter: isKind('ward'), paint: { 'fill-color': p['map-ward']! } },
  { id: 'ward-line', type: 'line', source: 'areas', filter: isKind('ward'), paint: { 'line-color': p.line!, 'line-width': 1.5 * scale, 'line-dasharray': [3, 2] } },
  { id: 'river', type: 'fill', source: 'areas', filter: isKind('river'), paint: { 'fill-color': p['map-water']! } },
  { id: 'place', type: 'fill', source: 'areas', minzoom: 12.5, filter: ['all', isType('zone'), ['!', isKind('ward')], ['!', isKind('river')]], paint: { 'fill-color': p['map-place']!, 'fill-opacity': 0.75 } },
  { id: 'place-line', type: 'line', source: 'areas', minzoom: 14, filter: ['all', isType('zone'), ['!', isKind('ward')], ['!', isKind('river')]], paint: { 'line-color': p.quiet!, 'line-width': 1 } },
  {
    id: 'street', type: 'line', source: 'areas', filter: isType('street'), layout: { 'line-cap': 'round', 'line-join': 'round' },
    paint: { 'line-color': p['map-street']!, 'line-width': ['interpolate', ['exponential', 1.6], ['zoom'], 10, 0.8 * scale, 13, 2 * scale, 16, 8 * scale, 19, 30 * scale] },
  },
  { id: 'river-name', type: 'symbol', source: 'labels', filter: isKind('river'), layout: { 'text-field': ['get', 'name'], 'text-font': font, 'text-size': 17 * scale, 'text-letter-spacing': 0.25 }, paint: { 'text-color': p.info!, 'text-halo-color': p['map-water']!, 'text-halo-width': 2 } },
];

/** Names, below the devices and above the streets. */
export const names = (p: Palette, scale: number): LayerSpecification[] => [
  {
    id: 'street-name', type: 'symbol', source: 'areas', minzoom: 13.5, filter: isType('street'),
    layout: { 'symbol-placement': 'line', 'text-field': ['get', 'name'], 'text-font': font, 'text-size': ['interpolate', ['linear'], ['zoom'], 13, 12 * scale, 17, 17 * scale] },
    paint: { 'text-color': p.quiet!, 'text-halo-color': p['map-ward']!, 'text-halo-width': 2 },
  },
  {
    id: 'ward-name', type: 'symbol', source: 'labels', filter: isKind('ward'), maxzoom: 15, layout: { 'text-field': ['get', 'name'], 'text-font': font, 'text-size': 18 * scale, 'text-transform': 'uppercase', 'text-letter-spacing': 0.12, 'text-max-width': 9 },
    paint: { 'text-color': p.quiet!, 'text-halo-color': p['map-ward']!, 'text-halo-width': 2.5, 'text-opacity': 0.9 },
  },
];

const colour = (p: Palette) => (state: State): string => p[stateTone[state]]!;
/** A cluster is as bad as its worst alert; silence colours it only when a third of it is silent, and so does what is not known. */
const clusterRank: ExpressionSpecification = ['case', ['>=', ['get', 'worst'], 3], ['get', 'worst'], ['>', ['*', 3, ['get', 'silent']], ['get', 'point_count']], rankOf.stale, ['>', ['*', 3, ['get', 'unknown']], ['get', 'point_count']], rankOf.unknown, rankOf.ok];

/** Devices: clusters with a count and, where something is open, the shape of the worst; single ones by the shape of their state. */
export const devices = (p: Palette, scale: number): LayerSpecification[] => [
  {
    id: 'cluster', type: 'circle', source: 'devices', filter: ['has', 'point_count'],
    paint: {
      'circle-color': byRank(colour(p), clusterRank), 'circle-opacity': ['case', ['>=', ['get', 'worst'], 4], 0.95, 0.78],
      'circle-radius': ['*', scale, ['interpolate', ['linear'], ['sqrt', ['get', 'point_count']], 1, 13, 10, 20, 50, 34]],
      'circle-stroke-color': ['case', ['>=', ['get', 'worst'], 4], p.text!, p['map-land']!], 'circle-stroke-width': ['case', ['>=', ['get', 'worst'], 4], 2.5 * scale, 1.5 * scale],
    },
  },
  {
    id: 'cluster-count', type: 'symbol', source: 'devices', filter: ['has', 'point_count'],
    layout: {
      'text-field': ['case', ['>', ['get', 'bad'], 0], ['concat', byRank(s => shapes[s] ?? '', ['get', 'worst']), ['to-string', ['get', 'bad']]], ['get', 'point_count_abbreviated']],
      'text-font': bold, 'text-size': 14 * scale, 'text-allow-overlap': true, 'text-ignore-placement': true,
    },
    paint: { 'text-color': p.ground! },
  },
  {
    id: 'device', type: 'symbol', source: 'devices', filter: ['!', ['has', 'point_count']],
    layout: {
      'icon-image': ['concat', 'state-', ['get', 'state']], 'icon-allow-overlap': true, 'icon-ignore-placement': true, 'symbol-sort-key': ['get', 'rank'],
      'icon-size': ['interpolate', ['linear'], ['zoom'], 11, 0.55 * scale, 15, 0.8 * scale, 18, 1.2 * scale],
    },
  },
];

/** A letter-like shape beside each colour, for those who do not tell the colours apart. */
export const shapes: Record<State, string> = { ok: '', never: '', stale: '', test: 'T', unknown: '?', info: '■', minor: '●', major: '◆', critical: '▲' };

/** How a map shows its marks: what of a row the drawing needs, its layers over the source `devices`, and the icons they name (`state-` and the name). */
export interface Looks<R extends Spot> {
  icons: readonly string[];
  icon(name: string, p: Palette): ImageData;
  properties(row: R): Record<string, string | number>;
  layers(p: Palette, scale: number): LayerSpecification[];
  /** Layers that can be pressed. */
  hit: readonly string[];
  source: Partial<GeoJSONSourceSpecification>;
  /** The same on a plain canvas: colour, and a letter-like shape or none. What has the greater rank is drawn above. */
  plain(row: R, p: Palette): { colour: string; shape: string; rank: number };
}

/** Devices of every kind, by the worst that is open at them. */
export const deviceLooks: Looks<DeviceRow> = {
  icons: states,
  icon: (name, p) => icon(name as State, p),
  properties: row => ({ state: row.state, rank: rankOf[row.state] }),
  layers: devices,
  hit: ['cluster', 'device'],
  source: {
    cluster: true, clusterRadius: 46, clusterMaxZoom: 16,
    clusterProperties: {
      worst: ['max', ['get', 'rank']],
      bad: ['+', ['case', ['>=', ['get', 'rank'], 4], 1, 0]],
      silent: ['+', ['case', ['==', ['get', 'rank'], rankOf.stale], 1, 0]],
      unknown: ['+', ['case', ['==', ['get', 'rank'], rankOf.unknown], 1, 0]],
    },
  },
  plain: (row, p) => ({ colour: colour(p)(row.state), shape: shapes[row.state], rank: rankOf[row.state] }),
};

/** A line that somebody draws on the map, and its points. */
export const sketch = (p: Palette): LayerSpecification[] => [
  { id: 'sketch-fill', type: 'fill', source: 'sketch', filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': p.info!, 'fill-opacity': 0.2 } },
  { id: 'sketch-line', type: 'line', source: 'sketch', paint: { 'line-color': p.info!, 'line-width': 3 } },
  { id: 'sketch-point', type: 'circle', source: 'sketch', filter: ['==', ['geometry-type'], 'Point'], paint: { 'circle-color': p.info!, 'circle-opacity': 0.2, 'circle-radius': 11, 'circle-stroke-color': p.info!, 'circle-stroke-width': 3 } },
];

/** The whole style, with empty sources. */
export const cityStyle = (p: Palette, scale: number, looks: Looks<never>): StyleSpecification => ({
  version: 8,
  sources: sources(looks),
  layers: [{ id: 'land', type: 'background', paint: { 'background-color': p['map-land']! } }, ...ground(p, scale), ...names(p, scale), ...looks.layers(p, scale), ...sketch(p)],
});

const nothing: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features: [] };

export const sources = (looks: Looks<never>): StyleSpecification['sources'] => ({
  areas: { type: 'geojson', data: nothing },
  labels: { type: 'geojson', data: nothing },
  devices: { type: 'geojson', data: nothing, promoteId: 'id', ...looks.source },
  sketch: { type: 'geojson', data: nothing },
});

/** The mark of a state, drawn here: shape as well as colour. */
export function icon(state: State, p: Palette): ImageData {
  const size = 56, mid = size / 2, canvas = new OffscreenCanvas(size, size), on = canvas.getContext('2d')!;
  const path = (points: [number, number][]): void => { on.beginPath(); points.forEach(([x, y], i) => (i ? on.lineTo(x, y) : on.moveTo(x, y))); on.closePath(); };
  on.fillStyle = colour(p)(state);
  on.strokeStyle = p['map-land']!;
  on.lineWidth = 4;
  on.lineJoin = 'round';
  if (state === 'critical') path([[mid, 5], [size - 5, size - 9], [5, size - 9]]);
  else if (state === 'major') path([[mid, 4], [size - 4, mid], [mid, size - 4], [4, mid]]);
  else if (state === 'info') path([[11, 11], [size - 11, 11], [size - 11, size - 11], [11, size - 11]]);
  else { on.beginPath(); on.arc(mid, mid, state === 'minor' || state === 'test' || state === 'unknown' ? 20 : 14, 0, 7); }
  if (state === 'stale' || state === 'never') {
    on.strokeStyle = colour(p)(state);
    on.lineWidth = 6;
    if (state === 'never') on.setLineDash([7, 6]);
    on.stroke();
  } else { on.fill(); on.stroke(); }
  if (state === 'critical' || state === 'test' || state === 'unknown') {
    on.fillStyle = p.ground!;
    on.font = 'bold 26px sans-serif';
    on.textAlign = 'center';
    on.textBaseline = 'middle';
    on.fillText(state === 'test' ? 'T' : state === 'unknown' ? '?' : '!', mid, state === 'critical' ? mid + 8 : mid + 1);
  }
  return on.getImageData(0, 0, size, size);
}
