// Frames a second while a map of 10,000 devices is dragged and zoomed for ten seconds in a real Chromium. WebGL is drawn by SwiftShader here,
// which is the processor and no graphics card. Prints figures; there is nothing to pass. benchmarks/screen.sh
import { loadavg } from 'node:os';
import { runToEnd, Server, simulators } from '../support/server.mjs';
import { launch, screen, signIn } from '../support/browser.mjs';
import { until } from '../support/until.mjs';

const [devices = 10_000, seconds = 10] = process.argv.slice(2).map(Number);
const registry = JSON.parse(await runToEnd(simulators, ['city', 'generate', '--devices', String(devices)]));
const server = await Server.start({ registry });
const browser = await launch();
try {
  const person = await screen(browser, server, { width: 1920, height: 1080 });
  const { page } = person;
  await signIn(person, 'admin');
  await page.goto(`${server.url}/#/map`);
  const canvas = page.locator('.city-canvas canvas').first();
  await canvas.waitFor();
  await until('the devices are on the map', async () => new RegExp(String(devices)).test((await page.locator('.map-legend').innerText()).replace(/[.,\s]/g, '')), 60_000, 500);
  const renderer = await page.evaluate(() => {
    const gl = document.createElement('canvas').getContext('webgl2');
    const told = gl?.getExtension('WEBGL_debug_renderer_info');
    return told ? gl.getParameter(told.UNMASKED_RENDERER_WEBGL) : 'unknown';
  });
  const box = await canvas.boundingBox();
  const cx = box.x + box.width / 2, cy = box.y + box.height / 2;
  await new Promise(done => setTimeout(done, 5000)); // its first drawing is over
  for (const [name, zoom] of [['dragged', false], ['dragged and zoomed', true]]) {
    await page.evaluate(() => {
      const mine = window.__frames = [];
      const step = at => { if (window.__frames !== mine || mine.ended) return; mine.push(at); requestAnimationFrame(step); };
      requestAnimationFrame(step);
    });
    const end = performance.now() + seconds * 1000;
    while (performance.now() < end) {
      await page.mouse.move(cx, cy);
      await page.mouse.down();
      for (let i = 1; i <= 30 && performance.now() < end; i++) await page.mouse.move(cx + Math.sin(i / 5) * 300, cy + Math.cos(i / 7) * 200 - 200);
      await page.mouse.up();
      if (zoom) for (const turn of [-240, -240, 240, 240]) await page.mouse.wheel(0, turn);
    }
    const frames = await page.evaluate(() => { window.__frames.ended = true; return [...window.__frames]; });
    const gaps = frames.slice(1).map((f, i) => f - frames[i]).sort((a, b) => a - b);
    const span = (frames.at(-1) - frames[0]) / 1000;
    console.log(`${name.padEnd(20)} ${registry.devices.length} devices: ${((frames.length - 1) / span).toFixed(1)} frames/s over ${span.toFixed(1)} s, ` +
      `between two frames median ${gaps[gaps.length >> 1].toFixed(0)} ms, p99 ${gaps[Math.floor(gaps.length * 0.99)].toFixed(0)} ms`);
  }
  console.log(`renderer: ${renderer}; load average ${loadavg().map(n => n.toFixed(1)).join(' ')}`);
} finally {
  await browser.close();
  await server.close();
}
