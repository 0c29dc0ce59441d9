// Contact to screen: from the closing of a contact in a gateway's cabinet to the frame after the one in which its alert is painted in a real
// Chromium, beside a load of readings on the same machine. Prints figures; there is nothing to pass. benchmarks/screen.sh
import { loadavg } from 'node:os';
import { Child, Server, simulators } from '../support/server.mjs';
import { launch, screen } from '../support/browser.mjs';
import { until } from '../support/until.mjs';

const [contacts = 400, every = 0.25, rate = 50_000] = process.argv.slice(2).map(Number);
const server = await Server.start({ users: { admin: 'admin' }, args: ['--open'], plain: true });
const mqtt = `mqtt://127.0.0.1:${server.mqttPort}`;
const browser = await launch();
const average = () => loadavg().map(n => n.toFixed(1)).join(' ');

try {
  const person = await screen(browser, server);
  await person.page.goto(`${server.url}/`);
  await person.page.locator('#alerts').waitFor();
  await person.page.evaluate(() => {
    window.__painted = {};
    const look = () => {
      for (const line of document.querySelectorAll('#alerts li.alert')) {
        const { id } = line.dataset;
        if (!id || window.__painted[id]) continue;
        window.__painted[id] = -1;
        requestAnimationFrame(() => { window.__painted[id] = performance.timeOrigin + performance.now(); });
      }
    };
    new MutationObserver(look).observe(document.querySelector('#alerts'), { childList: true, subtree: true, attributes: true, attributeFilter: ['data-id'] });
    look();
  });

  async function part(name, prefix, count) {
    const run = new Child(simulators, ['contact', '--server', mqtt, '--http', server.url, '--contacts', String(count), '--every', String(every), '--prefix', prefix, '--say']);
    try { await run.ends((count * every + 120) * 1000); } finally { await run.stop(); }
    const closed = new Map(), heard = new Map();
    for (const line of run.text.split('\n')) {
      if (!line.startsWith('{')) continue;
      try { const { device, what, at } = JSON.parse(line); (what === 'closed' ? closed : heard).set(device, at); } catch { /* a line of another kind */ }
    }
    const alerts = (await server.all('/api/v1/alerts?state=open')).filter(a => closed.has(a.device) && a.kind === 'fire');
    const painted = await until('all are painted', async () => {
      const all = await person.page.evaluate(() => window.__painted);
      return alerts.every(a => all[a.id] > 0) && all;
    }, 10_000, 200).catch(() => person.page.evaluate(() => window.__painted));
    const missing = alerts.filter(a => !(painted[a.id] > 0));
    if (missing.length > 0) console.log(`  never drawn (out of sight when they came): ${missing.length} of ${alerts.length} fires`);
    const toScreen = alerts.map(a => painted[a.id] - closed.get(a.device)).filter(n => n > 0).sort((a, b) => a - b);
    const toStream = [...heard].map(([d, at]) => at - closed.get(d)).sort((a, b) => a - b);
    const at = (list, share) => (list.length ? list[Math.min(list.length - 1, Math.floor(list.length * share))].toFixed(0) : '–');
    console.log(`${name.padEnd(28)} to screen: ${toScreen.length} of ${closed.size} contacts, median ${at(toScreen, 0.5)} ms, p99 ${at(toScreen, 0.99)} ms, longest ${at(toScreen, 1)} ms;` +
      ` to the event stream: median ${at(toStream, 0.5)} ms, p99 ${at(toStream, 0.99)} ms; load average ${average()}`);
  }

  console.log(`load average before          ${average()}`);
  await part('warm', 'warm', 50);
  await part('no load', 'calm', contacts);
  const seconds = Math.ceil(contacts * every) + 90;
  const load = new Child(simulators, ['load', '--server', mqtt, '--rate', String(rate / 50), '--readings', '50', '--qos', '1', '--duration', String(seconds), '--drain', '5', '--json']);
  try {
    const taken = async () => Number(/^smartcity_readings_total (\d+)/m.exec(await (await fetch(`${server.url}/metrics`)).text())?.[1] ?? 0);
    await until('the load runs', async () => load.lives() && await taken() > rate, 60_000, 500);
    await part(`beside ${rate} readings/s`, 'busy', contacts);
  } finally { await load.stop(60_000); }
  console.log(`readings/s acknowledged meanwhile ${/"readingsPerSecond":([0-9.]+)/.exec(load.text)?.[1] ?? 'unknown'}`);
  await person.close();
} finally {
  await browser.close();
  await server.close();
}
