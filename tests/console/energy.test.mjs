// What lamps used, on the screen: a city whose lamps have reported for forty nights, one of them replaced and one that had lost its line.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, screen, signIn } from './support/browser.mjs';
import { Server } from './support/server.mjs';
import { watch } from './support/settled.mjs';
import { until } from './support/until.mjs';

const hour = 3600e3, day = 24 * hour, zone = 7 * hour, nights = 40;
// The noon before last in Thanh Hóa: the last night that is over.
const last = Math.floor((Date.now() + zone - 12 * hour) / day) * day + 12 * hour - zone - day;
const streets = [['le-loi', 'Đường Lê Lợi', 'Hạc Thành', 8], ['ba-trieu', 'Đường Bà Triệu', 'Hạc Thành', 5], ['tran-phu', 'Đường Trần Phú', 'Hàm Rồng', 3]];
const lamps = streets.flatMap(([street, , , count], s) => Array.from({ length: count }, (_, n) => ({ id: `${street}-${n + 1}`, street, s, n })));

let server, browser;
before(async () => {
  server = await Server.start({
    registry: {
      streets: streets.map(([id, name, ward]) => ({ id, name, ward })),
      devices: lamps.map(l => ({ id: l.id, kind: 'streetlight', street: l.street, lat: 19.8, lon: 105.78, thresholds: { rated_w: 100 } })),
    },
    users: { admin: 'admin', 'looker': 'viewer' },
  });
  for (let night = nights - 1; night >= 0; night--) await server.write(lamps.flatMap(lamp => linesOf(lamp, night)));
  await server.kill(); // nothing of it was in the ledger's tables yet
  await server.launch();
  await until('the ledger has the nights', async () => (await ask(`target=city&from=${dayOf(0)}&to=${dayOf(0)}`)).items.length === 1, 60_000, 250);
  browser = await launch();
});
after(async () => { await browser?.close(); await server?.close(); });

const dayOf = night => new Date(last - night * day + zone).toISOString().slice(0, 10);
const ask = query => fetch(`${server.url}/api/v1/lighting/energy?${query}`, { headers: { authorization: `Bearer ${server.key}` } }).then(a => a.json());

/** A lamp burns from 18:00 to 06:00: 100 W until 22:00, 50 W after. */
function linesOf(lamp, night) {
  const lines = [];
  for (let h = 0; h < 24; h += 0.25) {
    const at = last - night * day + h * hour, before = nights - 1 - night;
    if (lamp.id === 'tran-phu-3' && night > 4 && night < 8) continue; // without a line for three nights
    const evening = Math.min(Math.max(h - 6, 0), 4), later = Math.min(Math.max(h - 10, 0), 8);
    const again = lamp.id === 'ba-trieu-1' && night < 10; // another lamp, under the same name
    const begun = again ? 30 : 0;
    const hours = (before - begun) * 12 + evening + later, energy = (before - begun) * 0.8 + evening * 0.1 + later * 0.05;
    const on = h >= 6 && h < 18;
    lines.push(`streetlight,device=${lamp.id} burning_hours=${(again ? 0 : 41_000 + lamp.n * 900) + hours},energy_kwh=${(energy + (again ? 0 : 2000)).toFixed(4)},` +
      `switch_on_count=${before - begun + (h >= 6 ? 1 : 0)}i,power_w=${on ? (h < 10 ? 100 : 50) : 0},dim_percent=${on ? (h < 10 ? 100 : 50) : 0} ${at}`);
  }
  return lines;
}

test('the figures of forty nights are those that the lamps counted', async () => {
  const city = await ask(`target=city&from=${dayOf(nights - 2)}&to=${dayOf(0)}`);
  assert.ok(Math.abs(city.total.kwh - lamps.length * (nights - 1) * 0.8) < 0.05, `${city.total.kwh}`);
  assert.ok(Math.abs(city.total.burningHours - lamps.length * (nights - 1) * 12) < 1, `${city.total.burningHours}`);
  assert.ok(Math.abs(city.total.saved - lamps.length * (nights - 1) * 0.4) < 0.05, `${city.total.saved}`);
  const cut = await ask(`target=lamp/tran-phu-3&from=${dayOf(8)}&to=${dayOf(4)}`);
  assert.ok(cut.items.some(i => i.marks.includes('gap')) && Math.abs(cut.total.kwh - 4) < 0.1, JSON.stringify(cut.items));
});

for (const [language, theme] of [['vi', 'dark'], ['en', 'light']]) {
  test(`from the city to a street to a lamp, ${language} ${theme}`, async () => {
    const folder = process.env.SMARTCITY_PICTURES;
    const person = await screen(browser, server, { language, theme, height: folder ? 1800 : 1000 });
    try {
      const { page } = person, calm = watch(page);
      const keep = async name => { if (folder) { mkdirSync(folder, { recursive: true }); await page.screenshot({ path: join(folder, `${name}.${language}.${theme}.png`) }); } };
      await page.goto(`${person.url}/#/energy`);
      await signIn(person, 'looker');
      await page.goto(`${person.url}/#/energy`);
      const month = page.locator('input[type=month]'), rows = page.locator('.energy-table').first().locator('tbody tr');
      await month.fill(dayOf(1).slice(0, 7));
      await rows.first().waitFor();
      await calm.settled('energy');
      await keep('energy');
      assert.equal(await rows.count(), 3);
      assert.match(await rows.first().innerText(), /Lê Lợi/); // most energy first
      await page.locator('.energy-table th button').first().click();
      assert.match(await rows.first().innerText(), /Bà Triệu/);

      await rows.filter({ hasText: 'Trần Phú' }).locator('a').click();
      await page.waitForURL(/energy\/street%2Ftran-phu/);
      await page.locator('input[type=month]').fill(dayOf(6).slice(0, 7));
      await rows.filter({ hasText: 'tran-phu-3' }).waitFor();
      await page.waitForFunction(() => /tran-phu-3[\s\S]*(mất liên lạc|readings missing)/.test(document.querySelector('.energy-table')?.textContent ?? ''));
      await calm.settled('energy');
      await keep('energy-street');
      await rows.filter({ hasText: 'tran-phu-3' }).locator('a').click();
      await page.waitForURL(/energy\/lamp%2Ftran-phu-3/);
      await page.locator('select').selectOption('year');
      await page.locator('.energy-table td', { hasText: '50' }).first().waitFor(); // 50,000 h of life
      await calm.settled('energy');
      await keep('energy-lamp');
      const [csv] = await Promise.all([page.waitForEvent('download'), page.locator('.energy-tools a.button').first().click()]);
      assert.match(csv.suggestedFilename(), /^energy-.*\.csv$/);
      await page.emulateMedia({ media: 'print' });
      assert.equal(await page.locator('.energy-tools').first().isVisible(), false);
      const ink = await page.locator('h2').first().evaluate(e => [getComputedStyle(e).color, getComputedStyle(document.body).backgroundColor]);
      assert.deepEqual(ink, ['rgb(0, 0, 0)', 'rgb(255, 255, 255)']); // black on white, whatever the screen's theme
      await keep('energy-print');
      assert.deepEqual(person.faults, []);
    } finally { await person.close(); }
  });
}

test('the curve of a street is said on its page, and only by who may', async () => {
  const person = await screen(browser, server, { language: 'vi', theme: 'light' });
  try {
    const { page } = person;
    await page.goto(`${person.url}/`);
    await signIn(person, 'admin');
    await page.goto(`${person.url}/#/energy/street%2Fle-loi`);
    await page.locator('.energy-luminaire summary').click();
    const [curve, life] = [page.locator('.energy-luminaire input').nth(0), page.locator('.energy-luminaire input').nth(1)];
    await curve.fill('0:80 50000:100');
    await life.fill('60000');
    await page.locator('.energy-luminaire button').click();
    await page.locator('.energy-luminaire', { hasText: 'Đã lưu' }).waitFor();
    const said = await fetch(`${server.url}/api/v1/lighting/luminaires`, { headers: { authorization: `Bearer ${server.key}` } }).then(a => a.json());
    assert.deepEqual(said.items.map(i => [i.scope, i.clo, i.lifeHours]), [['street/le-loi', [[0, 80], [50000, 100]], 60000]]);
    if (process.env.SMARTCITY_PICTURES) await page.locator('.energy-luminaire').screenshot({ path: join(process.env.SMARTCITY_PICTURES, 'energy-luminaire.png') });
    await page.reload();
    await page.locator('.energy-luminaire summary').click();
    await page.waitForFunction(() => document.querySelector('.energy-luminaire input')?.value === '0:80 50000:100');
    assert.deepEqual(person.faults, []);
  } finally { await person.close(); }

  const other = await screen(browser, server, {});
  try {
    await other.page.goto(`${other.url}/`);
    await signIn(other, 'looker');
    await other.page.goto(`${other.url}/#/energy/street%2Fle-loi`);
    await other.page.locator('.energy-table').first().waitFor();
    assert.equal(await other.page.locator('.energy-luminaire').count(), 0);
  } finally { await other.close(); }
});
