// A small city in which something of everything is there to be seen.
import { City } from './city.mjs';
import { operator, seed } from './lighting.mjs';
import { until } from './until.mjs';

export async function livelyCity({ devices = 200, users = { admin: 'admin', 'officer-a': 'operator' }, rate = 200 } = {}) {
  const city = await City.start({ devices, users, args: ['--rate', String(rate)] });
  try {
    const { server, registry } = city;
    await until('devices report', async () => city.run.lives() && (await server.all('/api/v1/devices')).filter(d => d.lastSeen).length > registry.devices.length * 0.6, 150_000, 500);
    await seed(await operator(server, 'admin'));
    // An alert of each weight, by devices of the city; a line that nobody understands.
    const now = Date.now();
    const of = kind => registry.devices.find(d => d.kind === kind);
    const lines = [];
    const detector = of('fire_detector'), bin = of('waste_bin');
    if (detector) lines.push(`fire_detector,device=${detector.id} loop_state=1i,smoke_percent_per_m=12,temperature_celsius=41 ${now}`);
    if (bin) lines.push(`waste_bin,device=${bin.id} fill_percent=97 ${now}`);
    const other = registry.devices.filter(d => d.kind === 'fire_detector').at(-1);
    if (other && other !== detector) lines.push(`fire_detector,device=${other.id} loop_state=2i ${now}`);
    await server.write(lines);
    await server.write(['environment_station,device=nobody temperature_celsius=21', 'not a line']).catch(() => {});
    await until('alerts in the book', async () => (await server.all('/api/v1/alerts?state=open')).length > 0, 30_000);
    return city;
  } catch (error) { await city.close(); throw error; }
}

/** Addresses for pages that want an argument: what is there in this city. A route without an entry is opened without one. */
export async function addresses({ server, registry }) {
  const alert = (await server.all('/api/v1/alerts?state=open'))[0];
  const zone = alert.zone ?? registry.zones[0]?.id;
  const ids = kind => registry.devices.filter(d => d.kind === kind).slice(0, 1).map(d => encodeURIComponent(d.id));
  return {
    device: ['fire_detector', 'streetlight', 'water_level', 'environment_station'].flatMap(ids).map(id => `#/device/${id}`),
    alerts: [`#/alerts/${encodeURIComponent(alert.id)}`],
    incidents: [`#/incidents/${encodeURIComponent(alert.incident ?? 'none')}`],
    lighting: ['#/lighting', ...registry.devices.filter(d => d.kind === 'streetlight').slice(0, 1).map(d => `#/lighting/${encodeURIComponent(`lamp/${d.id}`)}`), `#/lighting/${encodeURIComponent(`street/${registry.streets[0]?.id}`)}`],
    groups: ['#/groups', '#/groups/new'],
    programmes: ['#/programmes', '#/programmes/edit/duong-pho', '#/programmes/new'],
    calendars: ['#/calendars', '#/calendars/edit/duong-chinh', '#/calendars/new', '#/calendars/holidays', '#/calendars/holidays/tet', '#/calendars/places'],
    zone: zone ? [`#/zone/${encodeURIComponent(zone)}`] : [],
  };
}
