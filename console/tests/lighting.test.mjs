// What the pages of the lighting operator decide by themselves: dates that were pasted, points as the server writes them, codes made of names.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, test } from 'node:test';
import { createServer } from 'vite';

const root = path.join(path.dirname(new URL(import.meta.url).pathname), '..');
const server = await createServer({ root, configFile: false, logLevel: 'error', appType: 'custom', server: { middlewareMode: true, hmr: false, ws: false, watch: null }, optimizeDeps: { noDiscovery: true } });
after(() => server.close());
const { datesIn } = await server.ssrLoadModule('/src/core/dates.ts');
const { read, write } = await server.ssrLoadModule('/src/pages/programme-points.ts');
const { free, identifier } = await server.ssrLoadModule('/src/pages/lighting-data.ts');
const { clockOf, nextDay } = await server.ssrLoadModule('/src/core/nightcurve.ts');

test('dates are found in what people paste, a stretch over the end of a month too', () => {
  assert.deepEqual(datesIn('06/02/2027\n2026-02-17; 5-2-2027,06/02/2027'), { dates: ['2026-02-17', '2027-02-05', '2027-02-06'], strange: [] });
  assert.deepEqual(datesIn('30/04/2027 – 02/05/2027').dates, ['2027-04-30', '2027-05-01', '2027-05-02']);
  assert.deepEqual(datesIn('2028-02-28 → 2028-03-01').dates, ['2028-02-28', '2028-02-29', '2028-03-01']);
  assert.deepEqual(datesIn('04/02/2027 đến 05/02/2027').dates, ['2027-02-04', '2027-02-05']);
});

test('what is no date is named and not guessed', () => {
  assert.deepEqual(datesIn('mùng 1 Tết\n31/02/2027\n13/13/2027\n10/02/2027 – 05/02/2027\n01/01/2027 – 31/12/2027'), {
    dates: [], strange: ['mùng 1 Tết', '31/02/2027', '13/13/2027', '10/02/2027 – 05/02/2027', '01/01/2027 – 31/12/2027'] });
});

test('a point is written as it was read', () => {
  for (const at of ['22:30', '00:05', 'sunset', 'sunset-15', 'sunrise+20', 'sunrise']) {
    assert.deepEqual(write(read({ at, level: 60, rampSeconds: 90 })), { at, level: 60, rampSeconds: 90 });
  }
  assert.deepEqual(write(read({ at: 'sunset', level: 0, rampSeconds: null })), { at: 'sunset', level: 0 });
});

test('a code is made of a name, and is nobody else\'s', () => {
  assert.equal(identifier('Đường phố – Hạc Thành'), 'duong-pho-hac-thanh');
  assert.equal(identifier('!!'), '');
  assert.equal(free('pho', ['pho', 'pho-2']), 'pho-3');
  assert.equal(free('', []), 'x');
});

test('times are told by the clock of the city, wherever the screen is', () => {
  assert.equal(clockOf('2026-06-21T18:41:30+07:00'), '18:41');
  assert.equal(clockOf('2026-06-21T23:30:00-02:30'), '23:30');
  assert.equal(nextDay('2028-02-28'), '2028-02-29');
  assert.equal(nextDay('2026-01-01', -1), '2025-12-31');
});
