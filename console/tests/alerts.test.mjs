// The store behind the list: grouping, order, revisions, and what a key may act on.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { createServer } from 'vite';

const root = path.join(path.dirname(new URL(import.meta.url).pathname), '..');
const server = await createServer({ root, configFile: false, logLevel: 'error', appType: 'custom', server: { middlewareMode: true, hmr: false, ws: false, watch: null }, optimizeDeps: { noDiscovery: true } });
const alerts = await server.ssrLoadModule('/src/core/alerts.ts');
const alarm = await server.ssrLoadModule('/src/core/alarm.ts');
const provisional = await server.ssrLoadModule('/src/core/provisional.ts');
after(() => server.close());
beforeEach(() => { alerts.clear(); provisional.clear(); alarm.unmute(); });

let n = 0;
const alert = more => {
  const id = more?.id ?? `a${++n}`;
  const when = new Date(1_700_000_000_000 + (more?.at ?? n) * 1000).toISOString();
  return { id, kind: 'fire', severity: 'critical', state: 'raised', rule: 'fire', device: `d-${id}`, incident: 'i1', measuredAt: when, receivedAt: when, raisedAt: when, revision: 1, event: 100 + n, ...more };
};

test('500 detectors of one incident are one line with 500 inside', () => {
  for (let i = 0; i < 500; i++) alerts.take(alert({ incident: 'storm' }), true);
  const [group, ...rest] = alerts.open();
  assert.equal(rest.length, 0);
  assert.deepEqual([group.alerts.size, group.waiting, group.devices], [500, 500, 500]);
});

test('live before test, worst first, waiting first, newest first', () => {
  const made = [
    ['test', { severity: 'critical', test: true, occasion: 'test', at: 99 }], ['acknowledged', { severity: 'critical', state: 'acknowledged', at: 50 }],
    ['old', { severity: 'critical', at: 1 }], ['new', { severity: 'critical', at: 9 }], ['minor', { severity: 'minor', kind: 'lamp', at: 98 }], ['major', { severity: 'major', kind: 'flood', at: 2 }],
  ];
  for (const [incident, more] of made) alerts.take(alert({ incident, ...more }), true);
  assert.deepEqual(alerts.open().map(g => g.incident), ['new', 'old', 'acknowledged', 'major', 'minor', 'test']);
});

test('an alert that is older than what is known changes nothing', () => {
  alerts.take(alert({ id: 'x', revision: 3, state: 'acknowledged' }), true);
  assert.equal(alerts.take(alert({ id: 'x', revision: 2, state: 'raised' }), true), null);
  assert.equal(alerts.find('x').state, 'acknowledged');
});

test('what the stream brings while the list is read is not taken away by the list', () => {
  alerts.take(alert({ id: 'gone', incident: 'gone' }), true);
  const read = alerts.begin();
  read.page([alert({ id: 'kept', incident: 'kept' })]);
  alerts.take(alert({ id: 'fresh', incident: 'fresh' }), true);
  read.end(true);
  assert.deepEqual(alerts.open().map(g => g.incident).sort(), ['fresh', 'kept']);
});

test('a list that was read in part takes nothing away', () => {
  alerts.take(alert({ id: 'old' }), true);
  const read = alerts.begin();
  read.page([]);
  read.end(false);
  assert.equal(alerts.open().length, 1);
});

test('a resolved alert leaves its line, and the last one takes the line with it', () => {
  alerts.take(alert({ id: 'a' }), true);
  alerts.take(alert({ id: 'b' }), true);
  alerts.take(alert({ id: 'a', revision: 2, state: 'resolved' }), true);
  assert.equal(alerts.open()[0].alerts.size, 1);
  alerts.take(alert({ id: 'b', revision: 2, state: 'closed' }), true);
  assert.equal(alerts.open().length, 0);
});

test('a key acts on the worst that waits, but not before a person can have read it', async () => {
  alerts.take(alert({ incident: 'flood', kind: 'flood', severity: 'major' }), true);
  alerts.current();
  await new Promise(done => setTimeout(done, 750));
  assert.ok(alerts.settled());
  alerts.take(alert({ incident: 'fire' }), true);
  assert.equal(alerts.current().incident, 'fire');
  assert.ok(!alerts.settled());
  alerts.choose('flood');
  assert.ok(alerts.settled());
  assert.equal(alerts.current().incident, 'flood');
});

test('an acknowledgement names the revision that was read, not the one of an alert that joined a moment ago', async () => {
  alerts.take(alert({ event: 1000 }), true);
  alerts.drawn(alerts.open()[0]);
  await new Promise(done => setTimeout(done, 750));
  alerts.take(alert({ event: 1001 }), true);
  alerts.drawn(alerts.open()[0]);
  assert.equal(alerts.open()[0].revision, 1001);
  assert.equal(alerts.seenRevision(alerts.open()[0]), 1000);
});

test('who is heard', () => {
  const cases = [
    [{}, true], [{ state: 'acknowledged' }, false], [{ historical: true }, false], [{ test: true, occasion: 'test' }, false], [{ test: true }, false],
    [{ test: true, occasion: 'drill' }, true], [{ test: true, occasion: 'works' }, true], [{ kind: 'silence', severity: 'major', test: true, occasion: 'works' }, false],
    [{ flapping: true }, true], [{ kind: 'flood', severity: 'major', flapping: true }, false], [{ kind: 'flood', severity: 'major' }, true],
  ];
  for (const [more, heard] of cases) assert.equal(alarm.calls(alert(more)), heard, JSON.stringify(more));
});

test('a mute covers what rang when it was pressed; a new fire rings', () => {
  alerts.take(alert({ incident: 'one' }), true);
  assert.equal(alarm.ringing(), 'critical');
  alarm.mute();
  assert.equal(alarm.ringing(), null);
  alerts.take(alert({ incident: 'two' }), true);
  assert.equal(alarm.ringing(), 'critical');
  alarm.unmute();
  assert.equal(alarm.ringing(), 'critical');
});

test('10,000 open incidents are put in order within a frame or two', () => {
  for (let i = 0; i < 10_000; i++) alerts.take(alert({ incident: `i${i}`, severity: ['critical', 'major', 'minor', 'info'][i % 4] }), true);
  alerts.open();
  const start = performance.now();
  for (let i = 0; i < 10; i++) { alerts.take(alert({ incident: `new${i}` }), true); alerts.open(); alerts.current(); alerts.count(); }
  const each = (performance.now() - start) / 10;
  assert.equal(alerts.open().length, 10_010);
  assert.ok(each < 150, `${each.toFixed(1)} ms each`); // a few ms on an idle machine; this one may be busy
});

test('a fire that is in no book yet rings, may be muted, and is in no list of what is recorded', () => {
  const fire = alert({ id: 'p', incident: null, provisional: true, revision: 0 });
  assert.deepEqual(provisional.take({ away: true, since: fire.raisedAt, count: 1, items: [fire] }).map(a => a.id), ['p']);
  assert.deepEqual(provisional.take({ away: true, since: fire.raisedAt, count: 1, items: [fire] }), []);
  assert.equal(alarm.ringing(), 'critical');
  assert.equal(alerts.open().length, 0);
  alarm.mute();
  assert.equal(alarm.ringing(), null);
  provisional.take({ away: false, count: 0, items: [] });
  assert.equal(provisional.away(), false);
});
