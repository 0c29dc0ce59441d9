// The line between screen and server fails in every way a line can: what the page was told is what the book holds, each event once and none left out.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { launch, screen, signIn } from './support/browser.mjs';
import { detectors } from './support/city.mjs';
import { Proxy } from './support/proxy.mjs';
import { freePort, passwordOf, Server } from './support/server.mjs';
import { until } from './support/until.mjs';

describe('the line to the server', () => {
  let server, proxy, browser, officer, next = 0;
  const total = 120;
  /** So many new alerts, one after the other: a cut detector loop each. */
  const happen = async count => {
    for (let i = 0; i < count; i++) await server.write(`fire_detector,device=fd-khu-001-${++next} loop_state=2i ${Date.now()}`);
  };
  const told = () => officer.page.evaluate(() => window.__told.events);
  /** The page has been told the last event that the book has now. */
  const caughtUp = async () => { const end = await server.lastEvent(); await until(`event ${end} on the page`, async () => (await told()).at(-1) >= end, 45_000); };
  const banner = officer => officer.page.locator('#banner');
  const red = () => until('the banner', () => banner(officer).isVisible(), 45_000);
  /** What the page is told of the city's other server; its own server stands alone. */
  let other = null;
  const serverB = more => ({ name: 'b', state: 'here', self: false, url: 'https://b.city.example:8443', status: { console: 'http://b.city.example:8080', faults: [], provisional: null }, ...more });
  const become = async said => { other = said; proxy.cut(); }; // a new connection asks who is there
  const calm = () => until('no banner', async () => !(await banner(officer).isVisible()), 45_000);

  before(async () => {
    server = await Server.start({ registry: detectors(1, total) });
    proxy = await Proxy.start(Number(new URL(server.url).port));
    browser = await launch();
    officer = await screen(browser, server, { url: proxy.url });
    await officer.page.route('**/api/v1/servers', async route => (other ? route.fulfill({ json: { self: 'a', alone: false, items: [{ name: 'a', self: true, state: 'here' }, other] } }) : route.continue()));
    other = serverB();
    await signIn(officer, 'officer-a');
    await officer.page.locator('header .brand').click();
    await until('the stream runs', () => officer.page.evaluate(() => window.__told.streams > 0));
    await happen(5);
    await caughtUp();
  });
  after(async () => { await browser?.close(); await proxy?.close(); await server?.close(); });

  it('cut again and again while alerts come', async () => {
    for (let i = 0; i < 8; i++) {
      const before = await officer.page.evaluate(() => window.__told.streams);
      const alerts = happen(5);
      proxy.cut();
      await alerts;
      await until('a new stream', () => officer.page.evaluate(n => window.__told.streams > n, before));
    }
    await caughtUp();
    await calm();
  });

  it('the server is killed: said at once, in red and aloud; afterwards nothing is missing', async () => {
    await officer.page.evaluate(() => { window.__sounds = 0; });
    const alerts = happen(10);
    await alerts;
    await server.kill();
    await red();
    await until('aloud', () => officer.page.evaluate(() => window.__sounds > 0));
    // Where to go on is a link to the same page; nothing offers what no server would take.
    const link = banner(officer).getByRole('link');
    assert.equal(await link.getAttribute('href'), `http://b.city.example:8080/${await officer.page.evaluate(() => location.hash)}`);
    const box = await link.boundingBox(), bar = await banner(officer).boundingBox();
    assert.ok(box.y >= bar.y && box.y + box.height <= bar.y + bar.height + 1, 'the link stands in the banner');
    const take = officer.page.locator('#alerts .alert .ack');
    assert.equal(await take.first().isVisible(), false);
    await officer.page.keyboard.press('a');
    await officer.page.locator('.notice.bad').first().waitFor();
    await server.launch();
    await happen(10);
    await calm();
    await caughtUp();
    await until('it may be taken again', () => take.first().isVisible());
  });

  it('the other server is gone: said, not in red; which server this is stands in the frame', async () => {
    assert.match(await officer.page.locator('header .brand').innerText(), /máy chủ a/);
    await become(serverB({ state: 'superseded', answeredSeconds: 20, status: null }));
    await officer.page.locator('#banner.aside').waitFor();
    assert.match(await banner(officer).innerText(), /Máy chủ b/);
    assert.equal(await officer.page.locator('#alerts .alert .ack').first().isVisible(), true);
  });

  it('what only the other server sees is on this screen, and marked', async () => {
    const at = new Date().toISOString();
    const fire = { id: 'x-1', kind: 'fire', severity: 'critical', state: 'raised', zone: 'khu-999', rule: 'fire', measuredAt: at, receivedAt: at, raisedAt: at, revision: 0, event: 0, provisional: true };
    await become(serverB({ status: { console: null, faults: [{ part: 'book' }], provisional: { away: true, count: 1, items: [fire] } } }));
    const row = officer.page.locator('.provisional li');
    await row.waitFor();
    assert.match(await row.innerText(), /khu-999[^]*máy chủ b/);
    await become(serverB());
    await row.waitFor({ state: 'detached' });
    await calm();
  });

  it('nobody is let in for a while', async () => {
    proxy.refuse();
    await red();
    await happen(10);
    proxy.pass();
    await calm();
    await caughtUp();
  });

  it('the line goes silent without a word', async () => {
    await officer.page.evaluate(() => { window.__sounds = 0; });
    proxy.silence();
    await happen(10);
    await red();
    assert.equal(await banner(officer).getByRole('link').isVisible(), true, 'where to go on');
    await until('aloud', () => officer.page.evaluate(() => window.__sounds > 0));
    proxy.pass();
    await calm();
    await caughtUp();
  });

  it('each event of the book was told once, in order', async () => {
    await caughtUp();
    const seen = await told();
    const book = await server.events();
    assert.deepEqual(seen, book.slice(book.indexOf(seen[0]), book.indexOf(seen.at(-1)) + 1));
    assert.ok(seen.length >= next - 5);
    const open = (await server.all('/api/v1/alerts?state=open')).filter(a => a.kind === 'fire-fault');
    assert.equal(new Set(open.map(a => a.device)).size, next);
  });

  it('somebody else signs in in this browser, at another port of this machine: nothing is done in the wrong name, and the screen says whose it is', async () => {
    const page = await officer.context.newPage();
    await page.goto(server.url);
    await page.evaluate(async body => (await fetch('/api/v1/login', { method: 'POST', headers: { 'content-type': 'application/json' }, body })).status, JSON.stringify({ user: 'officer-b', password: passwordOf('officer-b') }));
    const before = await server.lastEvent();
    await until('the screen is theirs', async () => {
      if ((await officer.page.locator('header .who').innerText()).includes('officer-b')) return true;
      await officer.page.keyboard.press('a');
      return false;
    }, 20_000, 1000);
    assert.match(await officer.page.locator('#notices').innerText(), /officer-b/);
    assert.equal(await server.lastEvent(), before);
    await page.close();
  });

  it('and what had only gone wrong was the line', () => {
    assert.deepEqual(officer.faults.filter(f => !/Failed to load resource: (net::|the server responded with a status of (50|403))/.test(f)), []);
  });
});

describe('a server that has lost a reader', () => {
  let server, browser, officer, store, port;
  const open = () => new Promise(done => {
    // As much of InfluxDB 1.x as a server that writes needs.
    store = createServer((request, answer) => {
      request.resume();
      request.on('end', () => {
        if (request.url.startsWith('/query')) { answer.setHeader('content-type', 'application/json'); answer.end('{"results":[{}]}'); } else { answer.statusCode = 204; answer.end(); }
      });
    });
    store.listen(port, '127.0.0.1', done);
  });
  const shut = () => new Promise(done => { store.close(done); store.closeAllConnections(); });

  before(async () => {
    port = await freePort();
    await open();
    server = await Server.start({ registry: detectors(1, 3), args: ['--influx', `http://127.0.0.1:${port}`, '--influx-db', 'city'] });
    browser = await launch();
    officer = await screen(browser, server);
    await signIn(officer, 'officer-a');
    await officer.page.locator('header .brand').click();
  });
  after(async () => { await browser?.close(); await server?.close(); store?.closeAllConnections(); store?.close(); });

  it('says so on the screen and aloud, and says no more when it is back', async () => {
    await server.write(`fire_detector,device=fd-khu-001-1 temperature_celsius=30 ${Date.now()}`);
    const banner = officer.page.locator('#banner');
    await until('ready', async () => (await fetch(`${server.url}/readyz`)).status === 200);
    await until('no banner', async () => !(await banner.isVisible()));
    await officer.page.evaluate(() => { window.__sounds = 0; });
    await shut();
    await server.write(`fire_detector,device=fd-khu-001-1 temperature_celsius=31 ${Date.now()}`);
    await until('the banner', () => banner.isVisible(), 45_000);
    assert.match(await banner.innerText(), /history|lịch sử/i);
    await until('aloud', () => officer.page.evaluate(() => window.__sounds > 0));
    // An alert still arrives: the line itself is there.
    await server.write(`fire_detector,device=fd-khu-001-2 loop_state=2i ${Date.now()}`);
    await officer.page.locator('#alerts .alert').first().waitFor();
    await open();
    await until('no banner', async () => !(await banner.isVisible()), 90_000);
  });
});
