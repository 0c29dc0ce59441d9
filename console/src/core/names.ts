// Names of zones and streets, so that a line says "Chợ Vườn Hoa" and not "cho-vuon-hoa". Read once, and again every few minutes.
import { get } from './api';

export interface AreaProperties { type: 'street' | 'zone' | 'gateway'; id: string; name?: string | null; kind?: string | null; ward?: string | null }
export type Areas = GeoJSON.FeatureCollection<GeoJSON.Geometry, AreaProperties>;

const names = new Map<string, string>();
let areas: Promise<Areas> | null = null, readAt = 0;
const life = 5 * 60_000;

/** Streets, zones and gateways as GeoJSON, as the server has them. */
export function cityAreas(): Promise<Areas> {
  if (!areas || Date.now() - readAt > life) {
    readAt = Date.now();
    areas = get<Areas>('/api/v1/areas').then(found => {
      for (const { properties: p } of found.features) if (p.name) names.set(`${p.type}/${p.id}`, p.name);
      return found;
    });
    areas.catch(() => { areas = null; });
  }
  return areas;
}

/** The name of a zone, street or gateway; its id while the name is not known. */
export const placeName = (type: AreaProperties['type'], id: string): string => names.get(`${type}/${id}`) ?? id;
