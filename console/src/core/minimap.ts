// Where something stands: the streets and borders around it, drawn from the registry's own lines. North is up.
import './minimap.css';
import { s } from './dom';
import { t } from './i18n';
import { cityAreas, type AreaProperties } from './names';

type Position = [lon: number, lat: number];
type Feature = GeoJSON.Feature<GeoJSON.Geometry, AreaProperties>;

const width = 360, height = 260, near = 900, far = 2700, enough = 8;

/** The lines of a feature: a street's one, a polygon's rings. */
function lines(feature: Feature): Position[][] {
  const g = feature.geometry;
  switch (g.type) {
    case 'LineString': return [g.coordinates as Position[]];
    case 'Polygon': return g.coordinates as Position[][];
    case 'MultiPolygon': return (g.coordinates as Position[][][]).flat();
    default: return [];
  }
}

/** A map around a place, some nine hundred metres wide, or three times that where little is drawn; null while nothing is. */
export async function minimap(lat: number, lon: number, name: string): Promise<SVGSVGElement | null> {
  const all = (await cityAreas()).features;
  return draw(all, lat, lon, name, near, enough) ?? draw(all, lat, lon, name, far, 1);
}

function draw(all: Feature[], lat: number, lon: number, name: string, across: number, least: number): SVGSVGElement | null {
  const perMetre = width / across, metresPerDegree = 111_320, squeeze = Math.cos(lat * Math.PI / 180);
  const project = ([x, y]: Position): [number, number] => [width / 2 + (x - lon) * metresPerDegree * squeeze * perMetre, height / 2 - (y - lat) * metresPerDegree * perMetre];
  const drawn: SVGElement[] = [], names: SVGElement[] = [];
  for (const feature of all) {
    for (const line of lines(feature)) {
      const points = line.map(project);
      const xs = points.map(p => p[0]), ys = points.map(p => p[1]);
      if (Math.max(...xs) < 0 || Math.min(...xs) > width || Math.max(...ys) < 0 || Math.min(...ys) > height) continue;
      const d = `M${points.map(p => `${p[0].toFixed(1)} ${p[1].toFixed(1)}`).join('L')}${feature.geometry.type === 'LineString' ? '' : 'Z'}`;
      drawn.push(s('path', { d, class: `mini-${feature.properties.type} mini-${feature.properties.kind ?? 'plain'}` }));
      const inside = points.filter(([x, y]) => x > 40 && x < width - 40 && y > 14 && y < height - 10);
      const at = inside[Math.floor(inside.length / 2)];
      const label = feature.properties.name;
      if (feature.properties.type === 'street' && label && at && names.length < 7 && !names.some(n => n.textContent === label)) names.push(s('text', { x: at[0], y: at[1] - 4, 'text-anchor': 'middle', class: 'mini-name' }, label));
    }
  }
  if (drawn.length < least) return null;
  const metres = across === near ? 200 : 500, bar = metres * perMetre;
  return s('svg', { class: 'mini-map', viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': t('minimap.label', { name }) },
    drawn, names, s('circle', { cx: width / 2, cy: height / 2, r: 13, class: 'mini-halo' }), s('circle', { cx: width / 2, cy: height / 2, r: 6, class: 'mini-here' }),
    s('path', { d: `M10 ${height - 12}h${bar}`, class: 'mini-scale' }), s('text', { x: 14 + bar, y: height - 8, class: 'mini-name' }, t('minimap.scale', { n: metres })));
}
