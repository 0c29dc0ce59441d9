// Who else serves the city: where a screen may turn to, and what only another server sees.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { createServer } from 'vite';

const root = path.join(path.dirname(new URL(import.meta.url).pathname), '..');
const server = await createServer({ root, configFile: false, logLevel: 'error', appType: 'custom', server: { middlewareMode: true, hmr: false, ws: false, watch: null }, optimizeDeps: { noDiscovery: true } });
const alerts = await server.ssrLoadModule('/src/core/alerts.ts');
const provisional = await server.ssrLoadModule('/src/core/provisional.ts');
const servers = await server.ssrLoadModule('/src/core/servers.ts');
after(() => server.close());
beforeEach(() => { alerts.clear(); provisional.forget(); servers.forget(); });

const row = (name, more) => ({ name, state: 'here', self: name === 'a', url: `https://${name}:8443`, status: { console: null, faults: [] }, ...more });
const meet = (...items) => servers.take({ self: 'a', alone: false, items: [row('a'), ...items] }, 100_000);
const fire = (id, zone, more) => ({ id, kind: 'fire', severity: 'critical', state: 'raised', rule: 'fire', zone, measuredAt: '2026-09-01T08:00:00Z', receivedAt: '2026-09-01T08:00:00Z', raisedAt: '2026-09-01T08:00:00Z', revision: 1, event: 1, ...more });
const sees = (...items) => ({ status: { console: null, faults: [{ part: 'book' }], provisional: { away: true, count: items.length, items } } });

test('one turns to a server with the book first, to none that is gone, and to no address that is no address', () => {
  meet(row('b', { status: { console: null, faults: [{ part: 'book' }] } }), row('c', { status: { console: 'http://screen:8080/', faults: [] } }), row('d', { state: 'silent' }), row('e', { state: 'left' }), row('f', { url: 'javascript:alert(1)' }));
  assert.deepEqual(servers.turnTo().map(one => [one.name, one.url, one.blind]), [['c', 'http://screen:8080', false], ['b', 'https://b:8443', true]]);
});

test('a server is gone since it answered last, through every name that its absence has; one that was stopped is not gone', () => {
  meet(row('b', { state: 'unanswering', answeredSeconds: 5 }), row('c', { state: 'left' }), row('d', { state: 'draining' }));
  meet(row('b', { state: 'superseded', answeredSeconds: 60 }), row('c', { state: 'left' }));
  assert.deepEqual(servers.gone().map(one => [one.name, one.since]), [['b', 95_000]]);
});

test('without the book the screen has what every server sees, one danger once, and it rings', () => {
  provisional.take({ away: true, since: '2026-09-01T07:59:00Z', count: 1, items: [fire('own', 'cho')] });
  meet(row('b', sees(fire('same', 'cho'), fire('theirs', 'ben-xe', { measuredAt: '2026-09-01T08:01:00Z' }))));
  assert.deepEqual(provisional.takeElsewhere(servers.others()).map(alert => alert.id), ['theirs']);
  assert.deepEqual(provisional.everything().map(item => [item.alert.id, item.server]), [['theirs', 'b'], ['own', null]]);
  assert.deepEqual(provisional.takeElsewhere(servers.others()), [], 'it rings once');
});

test('with the book, what a server sees that is cut off from it is shown, rings not, and goes when the list has it', () => {
  meet(row('b', sees(fire('theirs', 'ben-xe'))));
  assert.deepEqual(provisional.takeElsewhere(servers.others()), []);
  assert.deepEqual(provisional.everything().map(item => item.server), ['b']);
  alerts.take(fire('in-the-book', 'ben-xe'), true);
  assert.deepEqual(provisional.everything(), []);
});

test('a server that was superseded and lives on is heard; one that is dead is not', () => {
  for (const [answeredSeconds, heard] of [[1, ['theirs']], [60, []]]) {
    meet(row('b', { state: 'superseded', answeredSeconds, ...sees(fire('theirs', 'ben-xe')) }));
    provisional.takeElsewhere(servers.others());
    assert.deepEqual([provisional.everything().map(item => item.alert.id), servers.gone().map(one => one.there), servers.turnTo()], [heard, [heard.length > 0], []]);
  }
});

test('what a server saw that does not answer now is not of now', () => {
  meet(row('b', { state: 'unanswering', ...sees(fire('theirs', 'ben-xe')) }));
  provisional.takeElsewhere(servers.others());
  assert.deepEqual(provisional.everything(), []);
});
