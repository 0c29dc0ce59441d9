// The rules speak English; the Vietnamese screen must not. What the kinds and the zone's logic can say stands in the language file.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

const here = path.dirname(new URL(import.meta.url).pathname);
const city = path.join(here, '..', '..', 'city');
const words = JSON.parse(fs.readFileSync(path.join(here, '..', 'src', 'lang', 'vi', 'detail.json'), 'utf8'));
const kinds = fs.readdirSync(path.join(city, 'kinds')).filter(name => name.endsWith('.yaml')).map(name => fs.readFileSync(path.join(city, 'kinds', name), 'utf8'));

test('every detail that a kind of device declares has its words', () => {
  for (const text of kinds) for (const [, detail] of text.matchAll(/detail: "([^"]+)"/g)) assert.ok(words[`detail.${detail}`], detail);
});

test('every rule has its words', () => {
  for (const text of kinds) for (const [, rule] of text.matchAll(/- \{ name: ([\w-]+), type/g)) assert.ok(words[`rule.${rule}`], rule);
});

test('what the zone and the faults of a reading say has its words', () => {
  const zone = fs.readFileSync(path.join(city, 'Zones', 'ZoneLogic.cs'), 'utf8');
  const said = [...zone.matchAll(/(?:Detail = |Confirm\([^"]*|\? |: )"([a-z][a-z -]+)"/g)].map(found => found[1]).filter(text => text.includes(' '));
  const causes = fs.readFileSync(path.join(city, 'Alerts', 'Causes.cs'), 'utf8');
  said.push(...[...causes.matchAll(/ReadingFaults\.\w+, "([^"]+)"/g)].map(found => found[1]));
  assert.ok(said.length >= 8, said.join());
  for (const text of said) assert.ok(words[`detail.${text}`], text);
});
