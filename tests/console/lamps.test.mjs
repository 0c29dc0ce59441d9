// The lighting operator's first pages on a living city: tree and map, a lamp's three states, groups, and the work order.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { launch, screen, signIn } from './support/browser.mjs';
import { City } from './support/city.mjs';
import { operator } from './support/lighting.mjs';
import { watch } from './support/settled.mjs';
import { until } from './support/until.mjs';

describe('lamps', () => {
  let city, browser, lan, tree;
  before(async () => {
    city = await City.start({ devices: 150, users: { admin: 'admin', lan: 'lighting', khach: 'viewer' }, args: ['--rate', '60'] });
    const { server } = city;
    lan = await operator(server, 'lan');
    // Beside the simulated lamps a street that only the test speaks for: a dead lamp, one that burns unasked, and a cabinet without supply.
    const registry = {
      streets: [{ id: 'pho-thu', name: 'Phố Thử', ward: 'Hạc Thành' }, { id: 'pho-tat', name: 'Phố Tắt', ward: 'Hạc Thành' }], gateways: [{ id: 'gw-tat', name: 'Tủ Phố Tắt', street: 'pho-tat', lat: 19.81, lon: 105.78 }],
      devices: [...[1, 2, 3].map(i => ({ id: `cot-thu-${i}`, kind: 'streetlight', name: `Cột Phố Thử ${i}`, street: 'pho-thu', lat: 19.805 + i * 0.0004, lon: 105.777 })),
        ...[1, 2].map(i => ({ id: `cot-tat-${i}`, kind: 'streetlight', name: `Cột Phố Tắt ${i}`, gateway: 'gw-tat', lat: 19.81 + i * 0.0004, lon: 105.78 })),
        { id: 'tu-tat', kind: 'power_cabinet', name: 'Tủ điện Phố Tắt', gateway: 'gw-tat', lat: 19.81, lon: 105.78 }],
    };
    const imported = await fetch(`${server.url}/api/v1/import`, { method: 'POST', headers: { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' }, body: JSON.stringify(registry) });
    assert.equal(imported.status, 200, await imported.text());
    const now = Date.now(), lines = [];
    for (let m = 20; m >= 0; m--) { // longer than any rule holds
      const at = now - m * 60_000;
      lines.push(`streetlight,device=cot-thu-1 dim_percent=100,power_w=0.3 ${at}`, `streetlight,device=cot-thu-2 dim_percent=0,power_w=98 ${at}`, `power_cabinet,device=tu-tat voltage_v=0,power_w=0 ${at}`, `streetlight,device=cot-tat-1 dim_percent=100,power_w=0 ${at}`);
    }
    await server.write(lines);
    await until('lamps report and the planted faults are found', async () => {
      tree = await server.get('/api/v1/lighting/tree');
      return city.run.lives() && tree.city.silent < tree.city.lamps / 2 && (await server.get('/api/v1/lighting/faults')).stops >= 3;
    }, 150_000, 500);
    browser = await launch();
  });
  after(async () => { await browser?.close(); await city?.close(); });

  const visit = async (name, address) => {
    const person = await screen(browser, city.server);
    const calm = watch(person.page);
    await signIn(person, name);
    await person.page.goto(`${person.url}/${address}`);
    await calm.settled();
    return person;
  };

  it('goes from the city to a street to a lamp, and shows what was wanted, asked, said and measured', async () => {
    const heard = s => s.id && s.silent === 0, ward = tree.wards.find(w => w.streets.some(heard)), street = ward.streets.find(heard);
    await lan('POST', `streets/${street.id}/override`, { level: 40, minutes: 60, reason: 'thử' }, 201);
    const person = await visit('lan', '#/lighting'), { page } = person;
    const row = name => page.locator('[role=treeitem]').filter({ has: page.getByText(name, { exact: true }) });
    await row(ward.ward).click();
    await row(street.name).click();
    await page.locator('.light-panel h2', { hasText: street.name }).waitFor();
    assert.equal(new URL(page.url()).hash, `#/lighting/${encodeURIComponent(`street/${street.id}`)}`);
    await page.locator('.light-orders', { hasText: '40' }).waitFor();

    // By keys from there: into the street, to its first lamp.
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.locator('.light-states').waitFor();
    const id = decodeURIComponent(new URL(page.url()).hash).slice('#/lighting/lamp/'.length);
    await until('the lamp follows', async () => (await city.server.get(`/api/v1/lighting/lamps?target=lamp/${id}`)).items[0].follow === 'confirmed', 60_000);
    const value = name => page.locator(`.light-${name} .number`).innerText();
    await until('the page says so', async () => await value('wanted') === '40 %' && await value('target') === '40 %' && await value('feedback') === '40 %' && /^\d+(,\d)? W \/ \d+ W$/.test(await value('actual')), 30_000);
    for (const name of ['target', 'feedback', 'actual']) assert.ok(Number(await page.locator(`.light-${name} td:last-child`).getAttribute('data-age')) > Date.now() - 600_000, `${name} says how old it is`);
    assert.match(await page.locator('.light-sentence').innerText(), /40 %/);
    assert.equal(await page.locator('[role=treeitem][aria-selected=true]').count(), 1);
    assert.deepEqual(person.faults, []);
    await person.close();
  });

  it('makes a group by ticking streets and by drawing on the map, and the tree has it', async () => {
    const person = await visit('lan', '#/groups/new'), { page } = person;
    await page.locator('input[name=name]').fill('Chợ & Phố Thử');
    assert.equal(await page.locator('input[name=id]').inputValue(), 'cho-pho-thu');
    await page.locator('input[type=search]').fill('pho thu');
    await page.locator('.group-pick', { hasText: 'Phố Thử' }).first().locator('input').check();
    await page.locator('.group-side [role=status]', { hasText: '3 đèn' }).waitFor();
    await page.locator('.group-ground button').first().click();
    const box = await page.locator('.group-map canvas').boundingBox();
    for (const [x, y] of [[0.05, 0.05], [0.8, 0.05], [0.8, 0.7], [0.05, 0.7]]) await page.mouse.click(box.x + box.width * x, box.y + box.height * y);
    await page.locator('.group-ground button.ack').click();
    await page.locator('.group-form button.ack', { hasText: /Lưu/ }).click();
    await page.locator('tr', { hasText: 'cho-pho-thu' }).waitFor();
    const made = await city.server.get('/api/v1/lighting/groups/cho-pho-thu');
    assert.equal(made.members[0], 'street/pho-thu');
    assert.ok(made.lamps > 3, `${made.lamps} lamps: those of the street and those inside the area`);

    await page.goto(`${person.url}/#/lighting/${encodeURIComponent('group/cho-pho-thu')}`);
    await page.locator('.light-panel h2', { hasText: 'Chợ & Phố Thử' }).waitFor();
    await page.locator('.light-facts dd', { hasText: new RegExp(`^${made.lamps}$`) }).first().waitFor();

    await page.goto(`${person.url}/#/groups/cho-pho-thu`);
    await page.locator('.group-side button.danger').click();
    await page.locator('dialog button.danger').click();
    await until('it is gone', async () => (await city.server.get('/api/v1/lighting/groups')).items.every(g => g.id !== 'cho-pho-thu'), 15_000);
    assert.deepEqual(person.faults, []);
    await person.close();
  });

  it('lists what a crew has to mend street by street, as a table and on paper', async () => {
    const person = await visit('lan', '#/lampfaults'), { page } = person;
    const street = page.locator('.stops-street', { hasText: 'Phố Thử' }).first(), dead = page.locator('[data-stop=cot-thu-1]');
    assert.match(await dead.innerText(), /Đèn không sáng/);
    assert.match(await street.locator('h3').innerText(), /Phố Thử/);
    assert.match(await page.locator('[data-stop=tu-tat]').innerText(), /Tủ mất điện nguồn[\s\S]*2 đèn trong cụm/);
    assert.equal(await page.locator('[data-stop=cot-tat-1]').count(), 0, 'a lamp behind a dead cabinet is no stop of its own');

    const [download] = await Promise.all([page.waitForEvent('download'), page.locator('a[href*="format=csv"]').click()]);
    const csv = readFileSync(await download.path(), 'utf8');
    assert.match(download.suggestedFilename(), /^lamp-faults-\d{4}-\d\d-\d\d\.csv$/);
    assert.ok(csv.startsWith('\ufeffƯu tiên,') && csv.includes('cot-thu-1') && csv.includes('cot-tat-1 cot-tat-2'));

    await dead.locator('input').check();
    await page.emulateMedia({ media: 'print' });
    assert.deepEqual(await page.locator('.stop:visible').evaluateAll(rows => rows.map(r => r.dataset.stop)), ['cot-thu-1'], 'only what is ticked is printed');
    assert.equal(await page.locator('header.top:visible, #alerts:visible, .stops-map:visible, select:visible').count(), 0);
    assert.equal(await page.locator('.stops-street:visible h3').count(), 1);
    await page.emulateMedia({ media: 'screen' });

    await page.locator('select').nth(2).selectOption('burning');
    await page.locator('[data-stop=cot-thu-2]').waitFor();
    await page.locator('[data-stop=cot-thu-1]').waitFor({ state: 'detached' });
    assert.deepEqual(person.faults, []);
    await person.close();
  });

  it('lets a viewer look and change nothing', async () => {
    const person = await visit('khach', '#/lighting/city'), { page } = person;
    await page.locator('.light-panel').waitFor();
    assert.equal(await page.locator('.light-acts .ack').count(), 0);
    await page.goto(`${person.url}/#/groups`);
    await page.locator('.page-groups h2').waitFor();
    assert.equal(await page.locator('a[href="#/groups/new"]').count(), 0);
    const status = await page.evaluate(async id => {
      const { csrf } = await (await fetch('/api/v1/me')).json();
      return (await fetch(`/api/v1/lighting/lamps/${id}/override`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-csrf-token': csrf }, body: JSON.stringify({ level: 0, reason: 'x' }) })).status;
    }, 'cot-thu-1');
    assert.equal(status, 403);
    await person.close();
  });
});
