// Ten thousand devices through the page of the import: 37 bad rows are named by row and column and nothing is taken; mended, all are.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch, screen, signIn } from './support/browser.mjs';
import { Server } from './support/server.mjs';
import { until } from './support/until.mjs';

const count = 10_000;
const header = ['type', 'id', 'kind', 'gateway', 'zone', 'name', 'lat', 'lon'];
const row = i => ['device', `bin-${String(i).padStart(5, '0')}`, 'waste_bin', `gw-t-${i % 100}`, 'khu-001', `Thùng rác ${i}`, String(19.7 + (i % 100) / 1000), String(105.7 + Math.floor(i / 100) / 1000)];

/** What is wrong with a bad row: column → the cell that stands there. */
const wrongs = [['kind', 'rubbish'], ['lat', '95'], ['lon', 'east'], ['gateway', 'gw-nowhere'], ['zone', 'khu-404'], ['id', 'Bin 1!']];

describe('the import page', () => {
  let server, browser, admin;
  before(async () => {
    const registry = { zones: [{ id: 'khu-001', name: 'Khu 1', kind: 'residential', ward: 'Hạc Thành' }], streets: [], devices: [],
      gateways: Array.from({ length: 100 }, (_, i) => ({ id: `gw-t-${i}`, name: `Tủ ${i}`, lat: 19.8, lon: 105.77 })) };
    server = await Server.start({ registry });
    browser = await launch();
    admin = await screen(browser, server);
    await signIn(admin, 'admin');
  });
  after(async () => { await browser?.close(); await server?.close(); });

  const csv = rows => ({ name: 'thung-rac.csv', mimeType: 'text/csv', buffer: Buffer.from([header, ...rows].map(r => r.join(',')).join('\n')) });
  const rows = Array.from({ length: count }, (_, i) => row(i));
  const bad = new Map(Array.from({ length: 37 }, (_, n) => [11 + n * 269, wrongs[n % wrongs.length]]));

  it('names each of 37 bad rows by row and column, and takes nothing', async () => {
    const spoilt = rows.map(r => [...r]);
    for (const [at, [column, cell]] of bad) spoilt[at][header.indexOf(column)] = cell;
    await admin.page.goto(`${server.url}/#/import`);
    const answered = admin.page.waitForResponse(r => r.url().includes('/api/v1/import'), { timeout: 60_000 });
    await admin.page.locator('input[type=file]').setInputFiles(csv(spoilt));
    await (await answered).finished();
    const table = admin.page.locator('main table tbody tr');
    await until('the faults', async () => (await table.count()) >= 37);
    const shown = await table.evaluateAll(all => all.map(tr => [...tr.cells].map(td => td.innerText.trim())));
    for (const [at, [column]] of bad) {
      const line = at + 2; // the header is the first, and lines are counted from one
      const found = shown.find(cells => Number(cells[0].replace(/\D/g, '')) === line);
      assert.ok(found, `row ${line} is not named`);
      assert.ok(found.some(cell => cell.includes(`(${column})`)), `row ${line}: ${column} is not named: ${found.join(' | ')}`);
    }
    assert.equal(new Set(shown.map(cells => cells[0])).size, 37);
    assert.match(await admin.page.locator('main').innerText(), /37/);
    assert.equal((await server.get('/api/v1/devices?limit=1')).items.length, 0, 'something was taken');
  });

  it('takes all of them once they are mended', async () => {
    await admin.page.locator('input[type=file]').setInputFiles(csv(rows));
    await admin.page.locator('main button.ack').click({ timeout: 60_000 });
    await admin.page.locator('dialog[open] button.danger').first().click();
    await until('the devices', async () => (await server.all('/api/v1/devices')).length === count, 90_000, 1000);
    await until('said on the page', async () => /10[.,]000/.test(await admin.page.locator('main').innerText()));
  });

  it('without a fault of the page', () => { assert.deepEqual(admin.faults.filter(f => !/status of 400/.test(f)), []); });
});
