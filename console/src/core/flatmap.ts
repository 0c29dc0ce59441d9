// The map without WebGL: the same city on a plain canvas. Fewer comforts, but never a blank.
import * as alerts from './alerts';
import type { Spot } from './citydata';
import type { Drawing, MapOptions, Place } from './citymap';
import { h } from './dom';
import { palette } from './mapstyle';
import type { Areas } from './names';
import { symbols } from './list';

export function draw<R extends Spot>(box: HTMLElement, options: MapOptions<R>): Drawing<R> {
  const canvas = h('canvas', { class: 'maplibregl-canvas', tabindex: 0 });
  box.append(canvas);
  let areas: Areas | null = null, all: ReadonlyMap<string, R> = new Map(), shows: (row: R) => boolean = () => true, groups: alerts.Group[] = [], chosen: string | null = null;
  let placeOf: (group: alerts.Group) => Place | null = () => null, sketched: Place[] = [];
  let centre: [number, number] = [105.7765, 19.8075], zoom = 12.2, moved = 0, asked = false, framed = false;

  const size = (): [number, number] => [box.clientWidth || 1, box.clientHeight || 1];
  const unit = (): number => (512 * 2 ** zoom) / 360; // pixels in a degree of longitude
  const stretch = (): number => 1 / Math.cos((centre[1] * Math.PI) / 180);
  const x = (lon: number): number => size()[0] / 2 + (lon - centre[0]) * unit();
  const y = (lat: number): number => size()[1] / 2 - (lat - centre[1]) * unit() * stretch();

  function ask(): void {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; paint(); });
  }

  function paint(): void {
    const [width, height] = size(), ratio = devicePixelRatio || 1, p = palette(), on = canvas.getContext('2d');
    if (!on) return;
    if (canvas.width !== width * ratio || canvas.height !== height * ratio) {
      canvas.width = width * ratio;
      canvas.height = height * ratio;
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    on.setTransform(ratio, 0, 0, ratio, 0, 0);
    on.fillStyle = p['map-land']!;
    on.fillRect(0, 0, width, height);
    const line = (points: GeoJSON.Position[]): void => points.forEach(([lon = 0, lat = 0], i) => (i ? on.lineTo(x(lon), y(lat)) : on.moveTo(x(lon), y(lat))));
    for (const f of areas?.features ?? []) {
      const g = f.geometry, kind = f.properties.kind;
      on.beginPath();
      if (g.type === 'LineString') { line(g.coordinates); on.strokeStyle = p['map-street']!; on.lineWidth = zoom > 14 ? 4 : 1.5; on.stroke(); continue; }
      if (g.type === 'Polygon') g.coordinates.forEach(line);
      else if (g.type === 'MultiPolygon') g.coordinates.flat().forEach(line);
      else continue;
      on.fillStyle = kind === 'ward' ? p['map-ward']! : kind === 'river' ? p['map-water']! : p['map-place']!;
      on.fill('evenodd');
      if (kind === 'ward') { on.strokeStyle = p.line!; on.lineWidth = 1; on.stroke(); }
    }
    const rows = [...all.values()].filter(shows).map(row => ({ row, look: options.looks.plain(row, p) })).sort((a, b) => a.look.rank - b.look.rank);
    on.textAlign = 'center';
    on.textBaseline = 'middle';
    for (const { row, look } of rows) {
      const px = x(row.lon), py = y(row.lat);
      if (px < -20 || py < -20 || px > width + 20 || py > height + 20) continue;
      on.fillStyle = look.colour;
      if (look.shape) { on.font = 'bold 16px sans-serif'; on.fillText(look.shape, px, py); } else { on.beginPath(); on.arc(px, py, zoom > 14 ? 4 : 2, 0, 7); on.fill(); }
    }
    paintSketch(on, p.info!);
    for (const group of groups) {
      const place = placeOf(group);
      if (!place) continue;
      on.fillStyle = group.severity === 'critical' ? p.critical! : p.major!;
      on.beginPath();
      on.arc(x(place[0]), y(place[1]), group.key === chosen ? 18 : 14, 0, 7);
      on.fill();
      on.font = 'bold 15px sans-serif';
      on.fillStyle = p.text!;
      on.fillText(alerts.where(group.lead), x(place[0]), y(place[1]) + 28);
      on.fillStyle = p.ground!;
      on.fillText(symbols[group.severity] ?? '', x(place[0]), y(place[1]));
    }
  }

  function paintSketch(on: CanvasRenderingContext2D, colour: string): void {
    if (!sketched.length) return;
    on.strokeStyle = colour;
    on.lineWidth = 3;
    for (const [lon, lat] of sketched) { on.beginPath(); on.arc(x(lon), y(lat), 9, 0, 7); on.stroke(); }
    on.beginPath();
    sketched.forEach(([lon, lat], i) => (i ? on.lineTo(x(lon), y(lat)) : on.moveTo(x(lon), y(lat))));
    on.closePath();
    on.stroke();
  }

  const turn = (by: number): void => { zoom = Math.min(20, Math.max(8, zoom + by)); ask(); };
  let held: [number, number] | null = null, dragged = false;
  if (options.interactive) {
    canvas.addEventListener('pointerdown', e => { held = [e.clientX, e.clientY]; dragged = false; canvas.setPointerCapture(e.pointerId); });
    canvas.addEventListener('pointermove', e => {
      if (!held) return;
      if (Math.abs(e.clientX - held[0]) + Math.abs(e.clientY - held[1]) > 4) dragged = true;
      centre = [centre[0] - (e.clientX - held[0]) / unit(), centre[1] + (e.clientY - held[1]) / (unit() * stretch())];
      held = [e.clientX, e.clientY];
      moved = performance.now();
      ask();
    });
    canvas.addEventListener('pointerup', e => {
      held = null;
      if (dragged) return;
      const near: R[] = [], box2 = canvas.getBoundingClientRect();
      if (options.acts.ground?.([centre[0] + (e.clientX - box2.left - size()[0] / 2) / unit(), centre[1] - (e.clientY - box2.top - size()[1] / 2) / (unit() * stretch())])) return;
      for (const row of all.values()) if (shows(row) && Math.hypot(x(row.lon) - (e.clientX - box2.left), y(row.lat) - (e.clientY - box2.top)) < 12) near.push(row);
      if (near.length === 1) options.acts.device(near[0]!); else if (near.length) options.acts.several(near); else options.acts.nothing();
    });
    canvas.addEventListener('wheel', e => { e.preventDefault(); moved = performance.now(); turn(-e.deltaY / 300); }, { passive: false });
    canvas.addEventListener('keydown', e => {
      const step = 80 / unit(), keys: Record<string, () => void> = {
        ArrowLeft: () => { centre[0] -= step; }, ArrowRight: () => { centre[0] += step; }, ArrowUp: () => { centre[1] += step; }, ArrowDown: () => { centre[1] -= step; }, '+': () => turn(0.5), '-': () => turn(-0.5),
      };
      const act = keys[e.key];
      if (act) { e.preventDefault(); act(); ask(); }
    });
  }
  const watch = new ResizeObserver(ask);
  watch.observe(box);
  document.addEventListener('theme', ask);

  function frame(places: Iterable<Place>, closest: number): void {
    let west = 180, east = -180, south = 90, north = -90;
    for (const [lon, lat] of places) { west = Math.min(west, lon); east = Math.max(east, lon); south = Math.min(south, lat); north = Math.max(north, lat); }
    if (east < west) return;
    centre = [(west + east) / 2, (south + north) / 2];
    const [width, height] = size();
    zoom = Math.min(closest, Math.log2((Math.min(width / (east - west || 0.01), height / ((north - south || 0.01) * stretch())) * 0.9 * 360) / 512));
    ask();
  }

  const whole = (): void => frame([...all.values()].map((row): Place => [row.lon, row.lat]), 20);

  return {
    areas(found) { areas = found; ask(); },
    devices(rows, by) { all = rows; shows = by; if (!framed && rows.size) { framed = true; whole(); } ask(); },
    beacons(list, where, key) { placeOf = where; groups = list.filter(g => g.severity === 'critical' || g.severity === 'major').slice(0, 40).reverse(); chosen = key; ask(); },
    fly(to, wanted = 16) { centre = to; zoom = Math.max(zoom, wanted); ask(); },
    room: () => undefined,
    sketch(points) { sketched = points; ask(); },
    fit(places, closest = 15) { frame(places, closest); },
    whole,
    zoom: turn,
    movedAt: () => moved,
    destroy() { watch.disconnect(); document.removeEventListener('theme', ask); },
  };
}
