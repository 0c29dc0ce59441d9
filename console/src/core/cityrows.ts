// The devices of the city, kept in step with the server: the registry's words once, the map's states often.
import { all, get } from './api';
import { cityAreas, placeName } from './names';
import { rank, states, type State } from './state';
import type { Device } from './types';

/** One row of the list. */
export interface CityRow { id: string; name: string; kind: string; zone: string; zoneName: string; street: string; streetName: string; gateway: string; gatewayName: string; state: State; lastSeen: number; text: string }

interface MapAnswer { version: number; kinds: string[]; zones: string[]; devices: [string, number, number | null, number | null, number, number, number][] }

const mostDevices = 50_000;

/** Text without marks, so that a street is found without its accents. */
export const plain = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replaceAll('\u0111', 'd');

export class CityRows {
  rows: CityRow[] = [];
  private registry = new Map<string, Device>();

  constructor(private readonly signal: AbortSignal) {}

  /** Asks for the map, and for the registry when the map has a device that is not known yet. */
  async load(): Promise<void> {
    if (this.registry.size === 0) await Promise.all([this.learn(), cityAreas().catch(() => null)]);
    const map = await get<MapAnswer>('/api/v1/map', this.signal);
    if (map.devices.some(([id]) => !this.registry.has(id))) await this.learn();
    this.rows = map.devices.map(([id, kind, , , state, lastSeen, zone]) => {
      const d = this.registry.get(id);
      const [street, gateway, at] = [d?.street ?? '', d?.gateway ?? '', map.zones[zone] ?? ''];
      const row = { id, name: d?.name ?? '', kind: map.kinds[kind] ?? '', zone: at, zoneName: placeName('zone', at), street, streetName: placeName('street', street), gateway, gatewayName: placeName('gateway', gateway), state: states[state] ?? 'ok', lastSeen };
      return { ...row, text: plain(`${id} ${row.name} ${row.zone} ${row.zoneName} ${row.street} ${row.streetName} ${row.gateway} ${row.gatewayName}`) };
    });
  }

  private async learn(): Promise<void> {
    this.registry = new Map((await all<Device>('/api/v1/devices?state=active', mostDevices, this.signal)).map(d => [d.id, d]));
  }
}

export type Column = 'state' | 'id' | 'kind' | 'zone' | 'gateway' | 'lastSeen';

/** Sorted by a column; equal ones by id, so that rows do not jump about. */
export function sorted(rows: CityRow[], by: Column, down: boolean, kindWord: (kind: string) => string): CityRow[] {
  const collator = new Intl.Collator('vi');
  const names = new Map([...new Set(rows.map(r => r.kind))].map(kind => [kind, kindWord(kind)]));
  const compare: Record<Column, (a: CityRow, b: CityRow) => number> = {
    state: (a, b) => rank[a.state] - rank[b.state],
    id: (a, b) => collator.compare(a.name || a.id, b.name || b.id),
    kind: (a, b) => collator.compare(names.get(a.kind)!, names.get(b.kind)!),
    zone: (a, b) => Number(!a.zone) - Number(!b.zone) || collator.compare(a.zoneName, b.zoneName),
    gateway: (a, b) => Number(!a.gateway) - Number(!b.gateway) || collator.compare(a.gatewayName, b.gatewayName),
    lastSeen: (a, b) => a.lastSeen - b.lastSeen,
  };
  return [...rows].sort((a, b) => (down ? -1 : 1) * compare[by](a, b) || (a.id < b.id ? -1 : 1));
}
