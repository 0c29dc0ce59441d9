// Orders for lamps in real browsers, over real gateways: two operators contend for a street, everything on, and who may not.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { axe, launch, screen, signIn } from './support/browser.mjs';
import { City } from './support/city.mjs';
import { until } from './support/until.mjs';

describe('orders for lamps', () => {
  let city, browser, lan, minh, street, lamps;
  const people = { lan: 'lighting', minh: 'lighting', xem: 'viewer', truc: 'operator' };
  const lighting = path => city.server.get(`/api/v1/lighting${path}`);
  const card = (person, id) => person.page.locator(`[data-order="${id}"]`);
  const counted = async (person, id, part) => Number((await card(person, id).locator(`.orders-legend [data-part="${part}"] b`).innerText()).replace(/\D/g, ''));
  const current = async () => (await lighting('/overrides')).items;

  before(async () => {
    city = await City.start({ devices: 200, users: people, args: [] });
    const streets = new Map();
    for (const d of city.registry.devices.filter(d => d.kind === 'streetlight')) {
      const of = d.street ?? city.registry.gateways.find(g => g.id === d.gateway)?.street;
      if (of) streets.set(of, [...streets.get(of) ?? [], d.id]);
    }
    [street, lamps] = [...streets].sort((a, b) => b[1].length - a[1].length)[0];
    await until('lamps of the street report', async () => city.run.lives() && (await lighting(`/lamps?limit=1&target=street/${street}`)).counts.away === 0, 150_000, 500);
    browser = await launch();
    [lan, minh] = [await screen(browser, city.server), await screen(browser, city.server, { language: 'en', theme: 'light' })];
    await signIn(lan, 'lan');
    await signIn(minh, 'minh');
  });
  after(async () => { await browser?.close(); await city?.close(); });

  /** Fills the form for the place that the address names, and gives the order; gives its id. */
  const order = async (person, target, preset, reason, priority = '100') => {
    const { page } = person;
    await page.goto(`${person.url}/#/orders`);
    await page.goto(`${person.url}/#/orders/${encodeURIComponent(target)}`);
    await until('the place is chosen', async () => /\d/.test(await page.locator('.orders-count').innerText()));
    await page.locator('.orders-presets button', { hasText: preset }).first().click();
    await page.locator('select[name=priority]').selectOption(priority);
    await page.locator('input[name=reason]').fill(reason);
    const answered = page.waitForResponse(r => r.url().includes('/override') && r.request().method() === 'POST');
    await page.locator('.orders-form button.ack').click();
    const answer = await answered;
    assert.equal(answer.status(), 201, await answer.text());
    return (await answer.json()).id;
  };

  let dim, one;
  it('a place is found by letters without marks, and the count of its lamps is shown', async () => {
    const { page } = lan;
    await page.goto(`${lan.url}/#/orders`);
    const box = page.locator('.orders-place input');
    await box.fill('toan');
    await page.locator('.orders-place li', { hasText: 'Toàn thành phố' }).first().waitFor();
    await box.press('Enter');
    assert.match(await page.locator('.orders-count').innerText(), new RegExp(`${city.registry.devices.filter(d => d.kind === 'streetlight').length}`));
  });

  it('an order goes from sent to confirmed by power before the eyes of who gave it, and of another operator', async () => {
    dim = await order(lan, `street/${street}`, '40 %', 'tiết kiệm điện');
    await until('confirmed', async () => await counted(lan, dim, 'confirmed') === lamps.length, 60_000, 250);
    assert.match(await card(lan, dim).locator('figcaption').innerText(), /99,9 %/);
    await minh.page.goto(`${minh.url}/#/orders`);
    await until('seen by the other', async () => await counted(minh, dim, 'confirmed') === lamps.length, 15_000);
  });

  it('of two who contend each page says who has the say, over how many lamps, and each lamp why in one sentence', async () => {
    one = await order(minh, `lamp/${lamps[0]}`, '80 %', 'works', '200');
    await until('outranked', async () => await counted(lan, dim, 'outranked') === 1, 15_000);
    assert.match(await card(lan, dim).locator('.outrankedBy').innerText(), new RegExp(`${one} của minh \\(80 %, ưu tiên 200\\).*1 bóng đèn: works`));
    assert.match(await card(minh, one).locator('.outranks').innerText(), new RegExp(`${dim} of lan \\(40 %, priority 100\\)`));
    await card(lan, dim).locator('summary', { hasText: 'lệnh khác' }).click();
    const row = card(lan, dim).locator(`tr[data-lamp="${lamps[0]}"]`);
    await until('confirmed at 80 %', async () => /Cần sáng 80 % theo lệnh tạm thời o-\d+ của minh “works” .*đứng trên lệnh o-\d+ của lan .*đèn đúng mức, đo được/.test(await row.innerText()), 30_000, 250);
    assert.deepEqual(await axe(lan.page), []);
    assert.deepEqual(await axe(minh.page), []);
  });

  it('every lamp of the place says why it is at its level', async () => {
    const why = lan.page.locator('.orders-there details');
    await lan.page.goto(`${lan.url}/#/map`);
    await lan.page.goto(`${lan.url}/#/orders/${encodeURIComponent(`street/${street}`)}`);
    await why.locator('summary').click();
    await until('a sentence for each', async () => (await why.locator('td.wrap').allInnerTexts()).filter(s => /^Cần sáng .* % theo .*; .*\.$/.test(s)).length === Math.min(lamps.length, 50), 15_000);
  });

  it('a release gives the lamp back to the order under it', async () => {
    await card(minh, one).locator('.orders-release').click();
    await minh.page.locator('dialog[open] button.danger').click();
    await until('not outranked any more', async () => (await current()).length === 1 && (await card(lan, dim).locator('.outrankedBy').count()) === 0, 15_000);
    await until('confirmed again', async () => await counted(lan, dim, 'confirmed') === lamps.length, 60_000, 250);
  });

  it('everything on is one key and a question, and goes before every other order', async () => {
    await lan.page.locator('.orders-top h2').click();
    await lan.page.keyboard.press('b');
    await lan.page.locator('dialog[open] button[type=button]').click();
    assert.equal((await current()).length, 1, 'leaving the question orders nothing');
    await lan.page.keyboard.press('b');
    await lan.page.locator('dialog[open] button.danger').click();
    const top = await until('the order', async () => (await current()).find(o => o.priority === 1000), 10_000);
    assert.equal(top.level, 100);
    assert.equal(top.lamps, city.registry.devices.filter(d => d.kind === 'streetlight').length);
    await until('over the other', async () => await counted(lan, dim, 'outranked') === lamps.length, 15_000);
    await until('confirmed', async () => (await lighting(`/overrides/${top.id}`)).progress.confirmed >= top.lamps * 0.9, 60_000, 500);
    await card(lan, top.id).locator('.orders-release').click();
    await lan.page.locator('dialog[open] button.danger').click();
    await until('released', async () => (await current()).length === 1, 10_000);
  });

  it('a viewer cannot switch a lamp, by no button and by no request', async () => {
    const viewer = await screen(browser, city.server);
    await signIn(viewer, 'xem');
    await viewer.page.goto(`${viewer.url}/#/orders`);
    await card(viewer, dim).waitFor();
    for (const button of ['.orders-everything', '.orders-form button.ack', `[data-order="${dim}"] .orders-release`]) assert.ok(await viewer.page.locator(button).isDisabled(), button);
    await viewer.page.keyboard.press('b');
    assert.equal(await viewer.page.locator('dialog[open]').count(), 0);
    const status = (method, path, body) => viewer.page.evaluate(async ([method, path, body]) => {
      const { csrf } = await (await fetch('/api/v1/me')).json();
      return (await fetch(path, { method, headers: { 'content-type': 'application/json', 'x-csrf-token': csrf }, body: body ? JSON.stringify(body) : null })).status;
    }, [method, path, body]);
    assert.equal(await status('POST', '/api/v1/lighting/city/override', { level: 100, reason: 'x' }), 403);
    assert.equal(await status('DELETE', `/api/v1/lighting/overrides/${dim}`), 403);
    assert.equal((await current()).length, 1);
    await viewer.close();
  });

  it('a duty officer orders light and nothing darker', async () => {
    const officer = await screen(browser, city.server);
    await signIn(officer, 'truc');
    await officer.page.goto(`${officer.url}/#/orders`);
    await card(officer, dim).waitFor();
    assert.ok(await officer.page.locator('.orders-slider input').isDisabled());
    assert.ok(await officer.page.locator('.orders-presets button', { hasText: '40 %' }).isDisabled());
    assert.ok(await card(officer, dim).locator('.orders-release').isDisabled());
    const light = await order(officer, `lamp/${lamps[1] ?? lamps[0]}`, '100 %', 'tai nạn');
    await card(officer, light).locator('.orders-release').click();
    await officer.page.locator('dialog[open] button.danger').click();
    await until('released', async () => (await current()).length === 1, 10_000);
    await officer.close();
  });

  it('without a fault of the pages', () => {
    assert.deepEqual(lan.faults, []);
    assert.deepEqual(minh.faults, []);
  });
});
