// What the pages of rivers, air and devices decide by themselves: order of danger, readable ink, search without accents.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, test } from 'node:test';
import { createServer } from 'vite';

const root = path.join(path.dirname(new URL(import.meta.url).pathname), '..');
const server = await createServer({ root, configFile: false, logLevel: 'error', appType: 'custom', server: { middlewareMode: true, hmr: false, ws: false, watch: null }, optimizeDeps: { noDiscovery: true } });
after(() => server.close());
const { danger } = await server.ssrLoadModule('/src/pages/flood.ts');
const { extent } = await server.ssrLoadModule('/src/pages/flood-gauge.ts');
const { bandOf, ink } = await server.ssrLoadModule('/src/pages/air-hours.ts');
const { bytes } = await server.ssrLoadModule('/src/core/bytes.ts');
const { plain, sorted } = await server.ssrLoadModule('/src/core/cityrows.ts');

const gauge = (device, more) => ({ device, level: 1, stages: [2, 3, 4], stage: 0, stale: false, nextStage: null, nextStageAt: null, ...more });

test('gauges stand in the order of danger', () => {
  const gauges = [
    gauge('far'), gauge('near', { level: 1.9 }), gauge('silent', { stale: true }), gauge('unknown', { stages: [null, null, null] }),
    gauge('later', { nextStage: 1, nextStageAt: '2026-09-01T09:00:00Z' }), gauge('soon', { nextStage: 1, nextStageAt: '2026-09-01T08:00:00Z' }),
    gauge('one', { stage: 1 }), gauge('three', { stage: 3 }), gauge('one-silent', { stage: 1, stale: true }), gauge('never', { level: null, stale: true }),
  ];
  assert.deepEqual(gauges.sort(danger).map(g => g.device), ['three', 'one-silent', 'one', 'soon', 'later', 'silent', 'never', 'near', 'far', 'unknown']);
});

test('the gauge shows its level and every known stage, and a metre at least', () => {
  for (const [level, stages] of [[12.3, [10, 11, 12]], [0.4, [null, null, null]], [null, [2, null, 3.5]], [-1, [4, null, null]]]) {
    const [low, high] = extent(level, stages);
    for (const value of [level, ...stages]) if (value !== null) assert.ok(value > low && value < high, `${value} in ${low}…${high}`);
    assert.ok(high - low >= 1);
  }
});

test('each legal colour has an ink of at least 4.5 to 1', () => {
  const light = colour => [1, 3, 5].map(i => parseInt(colour.slice(i, i + 2), 16) / 255).map(c => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  for (const colour of ['#00e400', '#ffff00', '#ff7e00', '#ff0000', '#8f3f97', '#7e0023']) {
    const [a, b] = [light(colour), light(ink(colour))].sort((x, y) => y - x);
    assert.ok((a + 0.05) / (b + 0.05) >= 4.5, `${colour} ${(a + 0.05) / (b + 0.05)}`);
  }
});

test('an index beyond the last band is in the last band', () => {
  const bands = [{ from: 0, to: 50 }, { from: 51, to: 100 }, { from: 101, to: 500 }];
  assert.deepEqual([0, 50, 51, 500, 900].map(i => bandOf(bands, i).from), [0, 0, 51, 101, 101]);
});

test('bytes are said in the largest unit that leaves a number to read', () => {
  assert.deepEqual([0, 1023, 1024, 5 * 1024 ** 2, 74 * 1024 ** 3].map(bytes).map(text => text.replace(',', '.')), ['0 B', '1.023 B', '1 KiB', '5 MiB', '74 GiB']);
});

test('a search needs no accents, and rows that are equal keep the order of their ids', () => {
  assert.equal(plain('\u0110\u01b0\u1eddng L\u00ea L\u1ee3i'), 'duong le loi');
  const row = (id, state, lastSeen) => ({ id, name: '', kind: 'k', zone: '', zoneName: '', gateway: '', gatewayName: '', street: '', streetName: '', state, lastSeen, text: '' });
  const rows = [row('c', 'ok', 1), row('a', 'ok', 2), row('d', 'critical', 3), row('b', 'stale', 4)];
  assert.deepEqual(sorted(rows, 'state', false, k => k).map(r => r.id), ['d', 'b', 'a', 'c']);
  assert.deepEqual(sorted(rows, 'lastSeen', true, k => k).map(r => r.id), ['b', 'd', 'a', 'c']);
});
