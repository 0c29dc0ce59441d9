// Lamps as the lighting pages know them: one row each, how they look, and the counts of wards, streets and groups.
import type { ExpressionSpecification, LayerSpecification } from 'maplibre-gl';
import { get } from './api';
import type { Spot } from './citydata';
import { h } from './dom';
import { number, t } from './i18n';
import type { Looks, Palette } from './mapstyle';

export const lampLooks = ['off', 'dimmed', 'on', 'not-followed', 'fault', 'silent'] as const;
export type LampLook = (typeof lampLooks)[number];
export const follows = ['confirmed', 'in-force', 'sent', 'not-followed'] as const;
export type Follow = (typeof follows)[number];

/** A lamp on the map; level in percent, as its output says. */
export interface LampRow extends Spot { name: string; street: string | null; groups: string[]; look: LampLook; level: number; follow: Follow }

export interface Counts { lamps: number; off: number; dimmed: number; on: number; notFollowed: number; faults: number; silent: number; confirmed: number; watts: number; least: number | null; most: number | null }
export interface StreetCounts extends Counts { id: string | null; name: string | null }
export interface WardCounts extends Counts { ward: string | null; streets: StreetCounts[] }
export interface GroupCounts extends Counts { id: string; name: string | null; inner: string[] }
export interface Tree { at: string; city: Counts; wards: WardCounts[]; groups: GroupCounts[] }

/** A lamp with everything that is said of it. */
export interface Lamp {
  id: string; name: string | null; street: string | null; ward: string | null; gateway: string | null; groups: string[]; lat: number | null; lon: number | null;
  wanted: { level: number; reason: string; until: string | null; programme: string | null; orders: string[] };
  sentence: string; target: number | null; feedback: number | null; actual: number | null; actualAt: string | null; expected: number;
  reportedAt: string | null; version: number | null; desiredVersion: number | null; follow: Follow; why: string | null; faults: string[];
}

export interface LightOrder {
  id: string; target: string; targetName: string | null; level: number; priority: number; start: string; expires: string | null; reason: string | null; by: string; state: string; lamps: number;
}

type WireRow = [id: string, name: string | null, lat: number | null, lon: number | null, street: number, look: number, level: number, follow: number, groups: number[]];
interface Wire { at: string; streets: string[]; groups: string[]; lamps: WireRow[] }

export class LampData {
  readonly rows = new Map<string, LampRow>();

  /** Reads all lamps. Gives the ids of those that look otherwise than before; null the first time. */
  async read(signal?: AbortSignal): Promise<string[] | null> {
    const wire = await get<Wire>('/api/v1/lighting/map', signal);
    const first = this.rows.size === 0, changed: string[] = [], gone = new Set(this.rows.keys());
    for (const [id, name, lat, lon, street, look, level, follow, groups] of wire.lamps) {
      if (lat === null || lon === null) continue;
      gone.delete(id);
      const before = this.rows.get(id), row: LampRow = {
        id, name: name ?? id, lat, lon, street: wire.streets[street] ?? null, look: lampLooks[look] ?? 'silent', level, follow: follows[follow] ?? 'not-followed', groups: groups.map(g => wire.groups[g] ?? ''),
      };
      if (!before || before.look !== row.look || before.level !== row.level || before.lat !== lat || before.lon !== lon) changed.push(id);
      this.rows.set(id, row);
    }
    for (const id of gone) { this.rows.delete(id); changed.push(id); }
    return first ? null : changed;
  }
}

export const tree = (signal?: AbortSignal): Promise<Tree> => get<Tree>('/api/v1/lighting/tree', signal);

/** What is bad stands above what is well, and what is dark below all. */
const rankOf: Record<LampLook, number> = { off: 0, dimmed: 1, on: 2, silent: 3, 'not-followed': 4, fault: 5 };
const toneOf: Record<LampLook, string> = { off: 'lamp-off', dimmed: 'lamp-dim', on: 'lamp-on', silent: 'stale', 'not-followed': 'info', fault: 'critical' };
const shapeOf: Record<LampLook, string> = { off: '', dimmed: '', on: '', silent: '○', 'not-followed': '■', fault: '▲' };

const isGood: ExpressionSpecification = ['<', ['get', 'rank'], rankOf.silent];

/** Lamps as strings of light: a dot each, as bright as its level; what does not do as it should by shape as well as by colour. */
export const lampMapLooks: Looks<LampRow> = {
  icons: ['silent', 'not-followed', 'fault'],
  icon: (name, p) => icon(name as LampLook, p),
  properties: row => ({ state: row.look, rank: rankOf[row.look], level: row.level }),
  layers: (p, scale): LayerSpecification[] => [
    {
      id: 'lamp-glow', type: 'circle', source: 'devices', minzoom: 14, filter: ['all', isGood, ['>', ['get', 'level'], 0]],
      paint: { 'circle-color': p['lamp-on']!, 'circle-blur': 1, 'circle-opacity': ['*', 0.0035, ['get', 'level']], 'circle-radius': ['interpolate', ['exponential', 2], ['zoom'], 14, 5 * scale, 18, 26 * scale] },
    },
    {
      id: 'lamp', type: 'circle', source: 'devices', filter: isGood, layout: { 'circle-sort-key': ['get', 'rank'] },
      paint: {
        'circle-color': ['interpolate', ['linear'], ['get', 'level'], 0, p['lamp-off']!, 1, p['lamp-dim']!, 100, p['lamp-on']!],
        'circle-radius': ['interpolate', ['exponential', 1.4], ['zoom'], 10, 1.3 * scale, 13, 2.4 * scale, 15, 4.2 * scale, 18, 9 * scale],
        'circle-stroke-color': p['map-land']!, 'circle-stroke-width': ['interpolate', ['linear'], ['zoom'], 13, 0, 16, 1.5],
      },
    },
    {
      id: 'lamp-bad', type: 'symbol', source: 'devices', filter: ['!', isGood],
      layout: {
        'icon-image': ['concat', 'state-', ['get', 'state']], 'icon-allow-overlap': true, 'icon-ignore-placement': true, 'symbol-sort-key': ['get', 'rank'],
        'icon-size': ['interpolate', ['linear'], ['zoom'], 10, 0.28 * scale, 13, 0.42 * scale, 16, 0.7 * scale],
      },
    },
  ],
  hit: ['lamp', 'lamp-bad'],
  source: {},
  plain: (row, p) => ({ colour: p[toneOf[row.look]]!, shape: shapeOf[row.look], rank: rankOf[row.look] }),
};

function icon(look: LampLook, p: Palette): ImageData {
  const size = 48, mid = size / 2, canvas = new OffscreenCanvas(size, size), on = canvas.getContext('2d')!;
  on.fillStyle = on.strokeStyle = p[toneOf[look]]!;
  on.lineJoin = 'round';
  on.beginPath();
  if (look === 'fault') { on.moveTo(mid, 4); on.lineTo(size - 4, size - 8); on.lineTo(4, size - 8); on.closePath(); } else if (look === 'not-followed') on.rect(9, 9, size - 18, size - 18); else on.arc(mid, mid, 14, 0, 7);
  if (look === 'silent') { on.lineWidth = 6; on.stroke(); } else { on.fill(); on.lineWidth = 4; on.strokeStyle = p['map-land']!; on.stroke(); }
  if (look === 'fault') { on.fillStyle = p.ground!; on.font = 'bold 24px sans-serif'; on.textAlign = 'center'; on.textBaseline = 'middle'; on.fillText('!', mid, mid + 6); }
  return on.getImageData(0, 0, size, size);
}

/** Which part of the counts is how. */
export const countOf = (c: Counts, look: LampLook): number => ({ off: c.off, dimmed: c.dimmed, on: c.on, 'not-followed': c.notFollowed, fault: c.faults, silent: c.silent })[look];

/** Sign and word of a look. */
export const lampBadge = (look: LampLook, text = t(`lamplook.${look}`)): HTMLElement =>
  h('span', { class: `lamp-badge lamp-${look}` }, h('span', { class: 'lamp-sign', 'aria-hidden': 'true' }, shapeOf[look] || '●'), text);

/** A stripe that shows how the lamps of a place share out; in words for who does not see it. */
export function stripe(c: Counts): HTMLElement {
  const shown = lampLooks.filter(look => countOf(c, look) > 0), said = shown.map(look => `${t(`lamplook.${look}`)} ${number(countOf(c, look))}`).join(', ');
  return h('span', { class: 'lamp-stripe', role: 'img', 'aria-label': said, title: said }, shown.map(look => {
    const part = h('span', { class: `lamp-part lamp-${look}` });
    part.style.flexGrow = String(countOf(c, look));
    return part;
  }));
}

/** A level or a span of levels, as people say it. */
export const levels = (c: Counts): string => (c.least === null || c.most === null ? '–' : c.least === c.most ? `${number(c.least, 0)} %` : `${number(c.least, 0)}–${number(c.most, 0)} %`);

/** Whether this person may change groups, programmes and orders; the server judges again. */
export const mayLight = (roles: string[]): boolean => roles.includes('lighting') || roles.includes('admin');

/** The address of a place, for links: city, ward/…, street/…, group/…, lamp/…. */
export const toPlace = (page: string, target: string): string => `#/${page}/${encodeURIComponent(target)}`;
