// A page of another origin in the browser of an officer who is signed in: it can neither act for them, nor read, nor show the console in a frame.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { launch, screen, signIn } from './support/browser.mjs';
import { detectors } from './support/city.mjs';
import { Server } from './support/server.mjs';
import { until } from './support/until.mjs';

describe('a page of another origin', () => {
  let server, browser, officer, evil, alert;
  before(async () => {
    server = await Server.start({ registry: detectors(1, 4) });
    await server.write(`fire_detector,device=fd-khu-001-1 loop_state=1i ${Date.now()}`);
    alert = await until('an alert', async () => (await server.all('/api/v1/alerts?state=open'))[0]);
    browser = await launch();
    officer = await screen(browser, server);
    await signIn(officer, 'officer-a');
    evil = createServer((_, answer) => { answer.setHeader('content-type', 'text/html'); answer.end('<!doctype html><title>elsewhere</title><body>'); });
    await new Promise(done => evil.listen(0, '127.0.0.1', done));
  });
  after(async () => {
    await browser?.close();
    evil?.closeAllConnections();
    evil?.close();
    await server?.close();
  });

  // A port of the same host is the same site: there the browser does send the cookie, and only the server's own rules stand. Another host is another site.
  for (const host of ['127.0.0.1', 'localhost']) {
    describe(`on ${host}`, () => {
      let page;
      before(async () => {
        page = await officer.context.newPage();
        await page.goto(`http://${host}:${evil.address().port}/`);
      });
      after(() => page.close());
      const untouched = async () => {
        const now = await server.get(`/api/v1/alerts/${encodeURIComponent(alert.id)}`);
        assert.equal(now.state, 'raised');
        assert.equal(now.revision, alert.revision);
        const me = await officer.page.evaluate(async () => (await fetch('/api/v1/me')).status);
        assert.equal(me, 200, 'the officer is still signed in');
      };
      const target = () => `${server.url}/api/v1/alerts/${encodeURIComponent(alert.id)}/acknowledge`;

      for (const kind of ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain']) {
        it(`a form cannot acknowledge (${kind})`, async () => {
          const answered = officer.context.waitForEvent('response', r => r.url() === target());
          await page.evaluate(([to, kind]) => {
            const frame = Object.assign(document.createElement('iframe'), { name: 'there' });
            const form = Object.assign(document.createElement('form'), { method: 'post', action: to, enctype: kind, target: 'there' });
            form.append(Object.assign(document.createElement('input'), { name: '{"note":"', value: '"}' }));
            document.body.append(frame, form);
            form.submit();
          }, [target(), kind]);
          assert.ok([401, 403, 415].includes((await answered).status()), `answered ${(await answered).status()}`);
          await untouched();
        });
      }

      it('a script cannot acknowledge, with or without a question before', async () => {
        const outcomes = await page.evaluate(async to => {
          const attempt = async how => { try { const r = await fetch(to, { method: 'POST', credentials: 'include', ...how }); return r.type === 'opaque' ? 'opaque' : r.status; } catch { return 'refused'; } };
          return [
            await attempt({ headers: { 'content-type': 'application/json', 'if-match': '"1"' }, body: '{}' }),
            await attempt({ headers: { 'content-type': 'application/json', 'if-match': '"1"', 'x-csrf-token': 'x' }, body: '{}' }),
            await attempt({ mode: 'no-cors', headers: { 'content-type': 'text/plain' }, body: '{}' }),
            navigator.sendBeacon(to, new Blob(['{}'], { type: 'text/plain' })),
          ];
        }, target());
        assert.deepEqual(outcomes.slice(0, 2), ['refused', 'refused']);
        await untouched();
      });

      it('a script cannot read who is signed in, nor the alerts, nor the anti-forgery token', async () => {
        for (const path of ['/api/v1/me', '/api/v1/alerts', '/metrics', '/']) {
          const read = await page.evaluate(async to => { try { return await (await fetch(to, { credentials: 'include' })).text(); } catch { return null; } }, server.url + path);
          assert.equal(read, null, path);
        }
        const script = await page.evaluate(to => new Promise(done => {
          const s = Object.assign(document.createElement('script'), { src: to, onload: () => done('ran'), onerror: () => done('refused') });
          document.body.append(s);
        }), `${server.url}/api/v1/me`);
        assert.equal(script, 'refused');
      });

      it('an EventSource hears nothing', async () => {
        const heard = await page.evaluate(to => new Promise(done => {
          const source = new EventSource(to, { withCredentials: true });
          const end = what => { source.close(); done(what); };
          source.onopen = () => end('open');
          source.onmessage = () => end('message');
          source.onerror = () => end('refused');
        }), `${server.url}/api/v1/events`);
        assert.equal(heard, 'refused');
      });

      it('the console does not show itself in a frame', async () => {
        await page.evaluate(to => {
          const frame = Object.assign(document.createElement('iframe'), { src: to, id: 'console' });
          return new Promise(done => { frame.onload = done; document.body.append(frame); });
        }, `${server.url}/`);
        const frame = page.frames().find(f => f.parentFrame() && f.url().startsWith(server.url));
        const inside = frame ? await frame.evaluate(() => document.querySelector('#app')?.childElementCount ?? 0).catch(() => 0) : 0;
        assert.equal(inside, 0, 'the console runs inside a frame');
      });

      it('cannot sign the officer out', async () => {
        await page.evaluate(async to => {
          const attempt = how => fetch(to, { method: 'POST', credentials: 'include', ...how }).catch(() => null);
          await attempt({ mode: 'no-cors', headers: { 'content-type': 'text/plain' }, body: '{}' });
          await attempt({ headers: { 'content-type': 'application/json' }, body: '{}' });
        }, `${server.url}/api/v1/logout`);
        await untouched();
      });

      it('has no hand on the console\'s window', async () => {
        const opened = officer.context.waitForEvent('page');
        await page.evaluate(to => { window.mine = window.open(to); }, `${server.url}/`);
        const there = await opened;
        await there.waitForLoadState('load');
        await until('the handle is cut', () => page.evaluate(() => window.mine === null || window.mine.closed));
        assert.equal(await there.evaluate(() => window.opener === null), true);
        await there.close();
      });
    });
  }
});
