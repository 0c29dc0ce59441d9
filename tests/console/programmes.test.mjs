// The lighting operator's pages in a real Chromium: a programme is drawn by hand, by keys and by typing, a calendar is set with Tết and a last Saturday,
// and what is seen is what the server has.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { axe, launch, screen, signIn } from './support/browser.mjs';
import { lightCity } from './support/lighting.mjs';
import { watch } from './support/settled.mjs';
import { until } from './support/until.mjs';

describe('programmes and calendars', () => {
  let city, browser, lan, page, calm;
  before(async () => {
    city = await lightCity();
    browser = await launch();
    lan = await screen(browser, city.server, { width: 1366, height: 900 });
    page = lan.page;
    calm = watch(page);
    await signIn(lan, 'lan');
  });
  after(async () => { await browser?.close(); await city?.server.close(); });

  const open = async address => {
    if (page.url() === `${lan.url}/${address}`) await page.reload(); else await page.goto(`${lan.url}/${address}`);
    await calm.settled(address.split('/')[1]);
  };
  const answered = (method, path) => page.waitForResponse(r => r.request().method() === method && r.url().includes(path));
  const line = () => page.locator('.night-curve .curve-line').getAttribute('d');
  const label = n => page.locator(`[data-handle="${n}"]`).getAttribute('aria-valuetext');
  const clean = () => { assert.deepEqual(lan.faults, []); };
  /** Does something and waits until the line is another one. */
  const redrawn = async (what, act) => { const old = await line(); await act(); await until(`${what} is drawn`, async () => (await line()) !== old, 10_000); };

  it('draws what is there, with the night\'s own sun', async () => {
    await open('#/programmes/edit/duong-pho/2026-06-21');
    const june = await page.locator('.night-curve .sun.set text').textContent();
    assert.match(june, /18:3[789]/);
    assert.equal(await page.locator('.knob').count(), 5);
    await redrawn('December', () => page.locator('input[type=date]').fill('2026-12-21'));
    assert.match(await page.locator('.night-curve .sun.set text').textContent(), /17:2\d/);
    assert.match(await page.locator('.day-name').textContent(), /21 tháng 12/);
    await redrawn('the slider\'s day', () => page.locator('.season input').fill('172'));
    assert.equal(await page.locator('input[type=date]').inputValue(), '2026-06-21');
    assert.deepEqual(await axe(page), []);
    clean();
  });

  it('a new programme is drawn: by hand, by keys, by typing; what is saved is what was drawn', async () => {
    await open('#/programmes/new');
    await page.locator('input[name=name]').fill('Phố đi bộ');
    assert.equal(await page.locator('input[name=id]').inputValue(), 'pho-di-bo');
    await until('four points', async () => (await page.locator('.knob').count()) === 4);

    // By hand: the second point (22:30, 60 %) an hour to the right and upwards.
    const dot = await page.locator('[data-handle="1"] .dot').boundingBox();
    const box = await page.locator('.night-curve .sky').boundingBox();
    const hour = box.width / 18; // 15:00 to 9:00
    await redrawn('the drag', async () => {
      await page.mouse.move(dot.x + dot.width / 2, dot.y + dot.height / 2);
      await page.mouse.down();
      await page.mouse.move(dot.x + dot.width / 2 + hour / 2, dot.y - 20, { steps: 4 });
      await page.mouse.move(dot.x + dot.width / 2 + hour, dot.y - 40, { steps: 4 });
      await page.mouse.up();
    });
    await until('the point stands there', async () => /^23:(25|30|35) · (7|8)\d %$/.test(await label(1)), 10_000);
    await until('the row says the same', async () => (await page.locator('[data-field="points[1].at"]').inputValue()) === (await label(1)).slice(0, 5), 10_000);

    // While a hand goes on dragging the line follows it: it does not wait for the hand to rest.
    const third = await page.locator('[data-handle="2"] .dot').boundingBox();
    await page.mouse.move(third.x + third.width / 2, third.y + third.height / 2);
    const old = await line();
    await page.mouse.down();
    let n = 0;
    await until('the line follows', async () => { await page.mouse.move(third.x + third.width / 2 - 12 + (n++ % 5), third.y + 30 + (n % 7)); return (await line()) !== old; }, 10_000, 5);
    await page.mouse.move(third.x + third.width / 2, third.y + third.height / 2);
    await page.mouse.up();
    await until('it is back', async () => /^05:00 · (79|80|81) %$/.test(await label(2)), 10_000);
    await page.locator('[data-field="points[2].level"]').fill('80');

    // By keys: the last but one an hour later, and darker.
    await page.locator('[data-handle="2"]').focus();
    await redrawn('the keys', async () => { for (let i = 0; i < 4; i++) await page.keyboard.press('Shift+ArrowRight'); await page.keyboard.press('Shift+ArrowDown'); });
    await until('the keys moved it', async () => (await label(2)) === '06:00 · 70 %', 10_000);

    // By typing: the first 20 minutes before sunset, over half an hour.
    await redrawn('the offset', () => page.locator('[data-field="points[0].at"]').fill('-20'));
    await redrawn('the ramp', () => page.locator('[data-field="points[0].rampSeconds"]').fill('30'));
    assert.match(await page.locator('.points tbody tr').first().innerText(), /20 phút trước khi mặt trời lặn/);

    // A click on empty night adds one; Delete takes it out again.
    await page.mouse.dblclick(box.x + box.width * 0.45, box.y + box.height * 0.5);
    await until('five points', async () => (await page.locator('.knob').count()) === 5);
    await page.locator('[data-handle="2"], [data-handle="1"]').first().waitFor();
    const added = await page.locator('.grip.selected').getAttribute('data-index');
    await page.locator(`[data-handle="${added}"]`).focus();
    await page.keyboard.press('Delete');
    await until('four again', async () => (await page.locator('.knob').count()) === 4);

    await page.locator('button.ack').click();
    await until('its own address', () => page.url().endsWith('#/programmes/edit/pho-di-bo'));
    const kept = await city.lan('GET', 'programmes/pho-di-bo');
    assert.equal(kept.name, 'Phố đi bộ');
    assert.deepEqual(kept.points[0], { at: 'sunset-20', level: 100, rampSeconds: 1800 });
    assert.match(kept.points[1].at, /^23:(25|30|35)$/);
    assert.equal(kept.points[2].at, '06:00');
    assert.equal(kept.points[2].level, 70);
    clean();
  });

  it('a fault stands at its field and nothing is saved', async () => {
    await open('#/programmes/edit/cong-vien');
    await page.locator('[data-field="points[0].level"]').fill('140');
    const fault = page.locator('.points tbody tr').first().locator('.fault');
    await until('the fault', async () => /0 đến 100/.test(await fault.innerText()), 10_000);
    assert.equal(await page.locator('[data-field="points[0].level"]').getAttribute('aria-invalid'), 'true');
    const refused = answered('PUT', 'programmes/cong-vien');
    await page.locator('button.ack').click();
    assert.equal((await refused).status(), 400);
    await until('still there', async () => /0 đến 100/.test(await fault.innerText()));
    assert.equal((await city.lan('GET', 'programmes/cong-vien')).revision, 1);
    lan.faults.splice(0, lan.faults.length, ...lan.faults.filter(f => !/status of 400/.test(f)));
    clean();
  });

  it('who comes second hears who was first, and sees theirs', async () => {
    await open('#/programmes/edit/cong-vien');
    await city.lan('PUT', 'programmes/cong-vien', { name: 'Công viên', points: [{ at: 'sunset', level: 35 }] });
    await page.locator('[data-field="points[0].level"]').fill('50');
    await page.locator('button.ack').click();
    await until('told', async () => /lan vừa sửa trước bạn/.test(await page.locator('.refusal').innerText()), 10_000);
    await page.locator('.refusal button').click();
    await until('theirs', async () => (await page.locator('[data-field="points[0].level"]').inputValue()) === '35', 10_000);
    lan.faults.splice(0, lan.faults.length, ...lan.faults.filter(f => !/status of 409/.test(f)));
    clean();
  });

  it('a list of holidays is pasted', async () => {
    await open('#/calendars/holidays/+');
    await page.locator('input[name=name]').fill('Lễ lớn');
    await page.locator('textarea').fill('30/04/2028 – 01/05/2028\n02/09/2028\nmùng 1 Tết');
    await page.locator('.date-adding > button').click();
    assert.match(await page.locator('.date-adding .fault').innerText(), /mùng 1 Tết/);
    assert.equal(await page.locator('.date-chips li').count(), 3);
    await page.locator('button.ack').click();
    await until('its own address', () => page.url().endsWith('#/calendars/holidays/le-lon'));
    assert.deepEqual((await city.lan('GET', 'holidays/le-lon')).dates, ['2028-04-30', '2028-05-01', '2028-09-02']);
    clean();
  });

  it('a calendar with a list of holidays and a last Saturday shows its year before it is saved', async () => {
    await open('#/calendars/new');
    await page.locator('input[name=name]').fill('Phố trung tâm');
    await page.locator('[data-field="default"]').selectOption('duong-pho');
    const add = page.locator('.after-rules > button');
    await add.click();
    await page.locator('[data-field="rules[0].programme"]').selectOption('dem-hoi');
    await page.locator('[data-field="rules[0].holidays"]').selectOption('le-lon');
    await add.click();
    await page.locator('[data-field="rules[1].programme"]').selectOption('cong-vien');
    await page.locator('[data-field="rules[1].nth"] label').last().click(); // the last … of what? The server says so.
    await until('the fault of the second rule', async () => /thứ trong tuần/.test(await page.locator('[data-rule="1"] > .fault').innerText()), 10_000);
    await page.locator('[data-field="rules[1].weekdays"] label').nth(5).click();
    await page.locator('.year-head input').fill('2028');
    const night = date => page.locator(`[data-date="${date}"]`);
    await until('the year', async () => /Đêm hội/.test(await night('2028-09-02').getAttribute('aria-label', { timeout: 500 }) ?? ''), 10_000);
    assert.match(await night('2028-02-29').getAttribute('aria-label'), /Đường phố — theo mặc định/);
    assert.match(await night('2028-02-26').getAttribute('aria-label'), /Công viên — quy tắc 2: Thứ Bảy cuối cùng của tháng/);
    assert.notEqual(await night('2028-02-26').getAttribute('class'), await night('2028-02-29').getAttribute('class'));
    assert.equal(await page.locator('[data-date]').count(), 366);
    assert.match(await page.locator('.legend').innerText(), /Công viên 12 đêm/);
    await night('2028-02-26').hover();
    assert.match(await page.locator('.night-told').innerText(), /26 tháng 2, 2028: Công viên/);
    await night('2028-02-26').focus();
    await page.keyboard.press('ArrowDown');
    await until('the next Saturday', async () => /4 tháng 3, 2028/.test(await page.locator('.night-told').innerText()));

    // The first rule wins: before the holidays, a last Saturday that is one of them would be the park's.
    await page.locator('button.ack').click();
    await until('its own address', () => page.url().endsWith('#/calendars/edit/pho-trung-tam'));
    const kept = await city.lan('GET', 'calendars/pho-trung-tam');
    assert.equal(kept.default, 'duong-pho');
    assert.deepEqual(kept.rules.map(r => [r.programme, r.holidays, r.weekdays, r.nth]), [['dem-hoi', 'le-lon', null, null], ['cong-vien', null, ['sat'], [-1]]]);
    assert.deepEqual(await axe(page), []);
    lan.faults.splice(0, lan.faults.length, ...lan.faults.filter(f => !/status of 400/.test(f)));
    clean();
  });

  it('rules are moved, and a calendar is put in force with a minimum', async () => {
    await page.locator('[data-rule="1"] .row-acts button').first().click();
    await page.locator('button.ack').click();
    await until('the order', async () => (await city.lan('GET', 'calendars/pho-trung-tam')).rules[0].programme === 'cong-vien', 10_000);
    await open('#/calendars/places');
    await page.locator('.adding select').first().selectOption('ward');
    await page.locator('.adding [data-field="scope"]').selectOption('Hàm Rồng');
    await page.locator('.adding [data-field="calendar"]').selectOption('pho-trung-tam');
    await page.locator('.adding [data-field="minimum"]').fill('25');
    await page.locator('.adding button').click();
    await page.locator('tr[data-scope="ward/Hàm Rồng"]').waitFor();
    assert.match(await page.locator('tr[data-scope="ward/Hàm Rồng"]').innerText(), /6 trong 6 đèn/);
    const lamp = await city.lan('GET', 'preview?lamp=den-tran-phu-1');
    assert.deepEqual([lamp.calendar, lamp.calendarOf, lamp.minimum], ['pho-trung-tam', 'ward/Hàm Rồng', 25]);
    clean();
  });

  it('who may only look sees the same and is told why they cannot change it', async () => {
    const viewer = await screen(browser, city.server, { width: 1366, height: 768, theme: 'light' });
    const quiet = watch(viewer.page);
    await signIn(viewer, 'khach');
    for (const address of ['#/programmes/edit/duong-pho', '#/calendars/edit/duong-chinh', '#/calendars/holidays/tet', '#/calendars/places']) {
      await viewer.page.goto(`${viewer.url}/${address}`);
      await quiet.settled(address.split('/')[1]);
      assert.match(await viewer.page.locator('.only-look').innerText(), /chỉ xem/, address);
      assert.equal(await viewer.page.locator('main button.ack, main [role=slider]').count(), 0, address);
      assert.equal(await viewer.page.locator('main [data-field]:not(div):enabled').count(), 0, address);
    }
    assert.deepEqual(viewer.faults, []);
    await viewer.close();
  });
});
