// A simulated city on a server: registry, enrolled gateways, and the gateways themselves at work, over TLS as real ones are.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Child, runToEnd, Server, simulators } from './server.mjs';

export class City {
  static async start({ devices = 200, args = [], ...how } = {}) {
    const city = new City();
    city.devices = devices;
    const registry = JSON.parse(await runToEnd(simulators, ['city', 'generate', '--devices', String(devices)]));
    city.server = await Server.start({ ...how, registry, tls: true });
    try {
      city.certificates = join(city.server.folder, 'certificates');
      mkdirSync(city.certificates);
      const codes = await city.server.command(['gateway', 'code', ...registry.gateways.map(g => g.id)]);
      await runToEnd(simulators, ['city', 'enrol', '--server', city.server.url, '--certs', city.certificates], codes);
      city.registry = registry;
      if (args) city.live(args);
      return city;
    } catch (error) { await city.close(); throw error; }
  }

  /** Lets it live: `--scenario fire --scenario-at 1s` and the like. */
  live(args) {
    this.run = new Child(simulators, ['city', 'run', '--server', `mqtts://127.0.0.1:${this.server.mqttsPort}`, '--certs', this.certificates,
      '--data', join(this.server.folder, 'gateways'), '--devices', String(this.devices), '--json-status', ...args]);
  }

  async close() {
    await this.run?.stop();
    await this.server?.close();
  }
}

/** Places for alerts that a test makes itself: `zones` zones, each with `each` detectors, and one gateway for each hundred of them. */
export function detectors(zones, each) {
  const registry = { zones: [], streets: [], gateways: [], devices: [] };
  for (let z = 0; z < zones; z++) {
    const zone = `khu-${String(z + 1).padStart(3, '0')}`;
    registry.zones.push({ id: zone, name: `Khu ${z + 1}`, kind: 'residential', ward: 'Hạc Thành', lat: 19.8 + z * 0.001, lon: 105.77 + (z % 20) * 0.002 });
    for (let i = 0; i < each; i++) {
      const at = registry.devices.length;
      if (at % 100 === 0) registry.gateways.push({ id: `gw-t-${at / 100 + 1}`, name: `Tủ ${at / 100 + 1}`, lat: 19.8, lon: 105.77 });
      registry.devices.push({ id: `fd-${zone}-${i + 1}`, name: `Đầu báo ${z + 1}.${i + 1}`, kind: 'fire_detector', gateway: registry.gateways.at(-1).id, zone });
    }
  }
  return registry;
}
