// A wall display signs in by a link of its own, only looks, and does not end in silence.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch, screen } from './support/browser.mjs';
import { detectors } from './support/city.mjs';
import { Server } from './support/server.mjs';
import { until } from './support/until.mjs';

describe('a wall display', () => {
  let server, browser, wall, alert;
  before(async () => {
    server = await Server.start({ registry: detectors(1, 4), users: { admin: 'admin', 'wall-1': 'wall' } });
    await server.write(`fire_detector,device=fd-khu-001-1 loop_state=1i ${Date.now()}`);
    alert = await until('an alert', async () => (await server.all('/api/v1/alerts?state=open'))[0]);
    browser = await launch();
    wall = await screen(browser, server, { width: 1920, height: 1080 });
    const link = await server.command(['user', 'link', 'wall-1']);
    const code = /#code=(\S+)/.exec(link)?.[1];
    assert.ok(code, link);
    await wall.page.goto(`${server.url}/#code=${code}`);
  });
  after(async () => { await browser?.close(); await server?.close(); });

  it('is signed in by its link and shows what is open', async () => {
    const list = wall.page.locator('#alerts');
    await list.waitFor();
    await until('the alert', async () => /báo cháy/i.test(await list.innerText()));
    assert.ok(!wall.page.url().includes('code='), 'the code stays in the address bar');
    const me = await wall.page.evaluate(async () => (await fetch('/api/v1/me')).json());
    assert.deepEqual([me.user, ...me.roles], ['wall-1', 'wall']);
    assert.ok(Date.parse(me.expires) - Date.now() > 29 * 86_400_000, `it ends ${me.expires}`);
  });

  it('has nothing to press, and no key acts', async () => {
    assert.equal(await wall.page.locator('button.ack:visible').count(), 0);
    await wall.page.keyboard.press('ArrowDown');
    await wall.page.keyboard.press('a');
    await wall.page.keyboard.press('Enter');
    assert.ok(/#\/wall/.test(wall.page.url()), wall.page.url());
    const now = await server.get(`/api/v1/alerts/${encodeURIComponent(alert.id)}`);
    assert.equal(now.state, 'raised');
  });

  it('may not act even if its page would', async () => {
    const answers = await wall.page.evaluate(async id => {
      const { csrf } = await (await fetch('/api/v1/me')).json();
      const act = async (method, path, body = {}) => (await fetch(path, { method, headers: { 'content-type': 'application/json', 'if-match': '"1"', 'x-csrf-token': csrf }, body: JSON.stringify(body) })).status;
      return [
        await act('POST', `/api/v1/alerts/${encodeURIComponent(id)}/acknowledge`),
        await act('POST', `/api/v1/alerts/${encodeURIComponent(id)}/close`, { cause: 'false-alarm:unknown' }),
        await act('POST', '/api/v1/users/wall-1/code'),
        await act('POST', '/api/v1/maintenance', { scope: 'zone', target: 'khu-001', mode: 'test', to: new Date(Date.now() + 1e6).toISOString() }),
      ];
    }, alert.id);
    assert.ok(answers.every(status => status === 403), answers.join());
    assert.equal((await server.get(`/api/v1/alerts/${encodeURIComponent(alert.id)}`)).state, 'raised');
  });

  it('without a fault of the page', () => { assert.deepEqual(wall.faults.filter(f => !/status of (401|403)/.test(f)), []); });

  it('says so when its session is ended', async () => {
    await server.command(['user', 'remove', 'wall-1']);
    await until('said', async () => (await wall.page.locator('input[name=user]').count()) > 0 && (await wall.page.locator('#notices').innerText()).length > 0, 45_000);
  });
});
