// Devices as the map knows them: one row each, kept up by `since`, and by the event stream before the server has said it again.
import { all, get } from './api';
import { Refusal } from './api';
import { at, isStale } from './time';
import type { Alert, Device } from './types';

export const states = ['ok', 'stale', 'never', 'info', 'minor', 'major', 'critical', 'test', 'unknown'] as const;
export type State = (typeof states)[number];

/** How bad, for clusters: the greater wins. A live alert goes before a test, a test before silence; what this server cannot know is below all. */
export const rankOf: Record<State, number> = { unknown: -1, ok: 0, never: 1, stale: 2, test: 3, info: 4, minor: 5, major: 6, critical: 7 };

/** Something that stands somewhere. */
export interface Spot { id: string; lat: number; lon: number }

export interface DeviceRow extends Spot { kind: string; state: State; lastSeen: number; zone: string | null }

type WireRow = [id: string, kind: number, lat: number | null, lon: number | null, state: number, lastSeen: number, zone: number];
interface Wire { version: number; full: boolean; kinds: string[]; zones: string[]; devices: WireRow[] }

export class CityData {
  readonly rows = new Map<string, DeviceRow>();
  #version: number | null = null;

  /** Reads what has changed. Gives the ids that changed, or null when everything may have. */
  async read(signal?: AbortSignal): Promise<string[] | null> {
    let wire: Wire;
    try {
      wire = await get<Wire>(`/api/v1/map${this.#version === null ? '' : `?since=${this.#version}`}`, signal);
    } catch (error) {
      if (error instanceof Refusal && error.status === 404) return this.#fromList(signal);
      throw error;
    }
    const whole = wire.full || this.#version === null;
    this.#version = wire.version;
    if (whole) this.rows.clear();
    const changed: string[] = [];
    for (const [id, kind, lat, lon, state, lastSeen, zone] of wire.devices) {
      if (lat === null || lon === null) { this.rows.delete(id); continue; }
      this.rows.set(id, { id, kind: wire.kinds[kind] ?? '', lat, lon, state: states[state] ?? 'ok', lastSeen, zone: zone < 0 ? null : wire.zones[zone] ?? null });
      changed.push(id);
    }
    return whole ? null : changed;
  }

  /** A server without the map's route: the list of devices says the same, at length. */
  async #fromList(signal?: AbortSignal): Promise<null> {
    for (const d of await all<Device>('/api/v1/devices?state=active', 20000, signal)) {
      if (typeof d.lat !== 'number' || typeof d.lon !== 'number') continue;
      this.rows.set(d.id, { id: d.id, kind: d.kind, lat: d.lat, lon: d.lon, state: d.lastSeen ? (isStale(d) ? 'stale' : 'ok') : 'never', lastSeen: at(d.lastSeen), zone: d.zone ?? null });
    }
    return null;
  }

  /** An alert of the stream: its device looks like it from now. True when that changed anything. */
  take(alert: Alert): boolean {
    const row = alert.device ? this.rows.get(alert.device) : undefined;
    if (!row || alert.state === 'resolved' || alert.state === 'closed') return false; // what else is open there, the server knows
    const state: State = alert.test ? 'test' : alert.severity;
    if (rankOf[state] <= rankOf[row.state]) return false;
    row.state = state;
    return true;
  }

  /** Where an alert is: its own place, or its device's. */
  place(alert: Alert): [lon: number, lat: number] | null {
    const { lat, lon } = alert.location ?? {};
    if (typeof lat === 'number' && typeof lon === 'number') return [lon, lat];
    const row = alert.device ? this.rows.get(alert.device) : undefined;
    return row ? [row.lon, row.lat] : null;
  }

  counts(): Record<State, number> {
    const result = Object.fromEntries(states.map(s => [s, 0])) as Record<State, number>;
    for (const row of this.rows.values()) result[row.state]++;
    return result;
  }

  kinds(): [kind: string, count: number][] {
    const found = new Map<string, number>();
    for (const row of this.rows.values()) found.set(row.kind, (found.get(row.kind) ?? 0) + 1);
    return [...found].sort((a, b) => b[1] - a[1]);
  }
}

/** What of the city is shown. */
export interface Filter { hidden: Set<State>; kind: string }
export const passes = (row: DeviceRow, filter: Filter): boolean => !filter.hidden.has(row.state) && (!filter.kind || row.kind === filter.kind);
