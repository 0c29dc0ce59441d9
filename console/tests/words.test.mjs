// Both languages say the same things, and no page has words of its own.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

const root = path.join(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '..', 'src');
const files = lang => fs.readdirSync(path.join(root, 'lang', lang)).filter(name => name.endsWith('.json')).sort();
const read = (lang, name) => JSON.parse(fs.readFileSync(path.join(root, 'lang', lang, name), 'utf8'));
const fields = text => [...text.matchAll(/\{(\w+)\}/g)].map(found => found[1]).sort().join();

/** Files whose keys belong to no single page. */
const shared = ['core.json', 'city.json'];

test('vi and en have the same files, keys and fields', () => {
  assert.deepEqual(files('vi'), files('en'));
  for (const name of files('vi')) {
    const vi = read('vi', name), en = read('en', name);
    assert.deepEqual(Object.keys(vi).sort(), Object.keys(en).sort(), name);
    for (const key of Object.keys(vi)) {
      assert.ok(vi[key].trim() && en[key].trim(), `${name}: ${key} is empty`);
      assert.equal(fields(vi[key]), fields(en[key]), `${name}: ${key}`);
    }
  }
});

test('a key is in one file only', () => {
  const seen = new Map();
  for (const name of files('vi')) {
    for (const key of Object.keys(read('vi', name))) {
      assert.ok(!seen.has(key), `${key} is in ${seen.get(key)} and in ${name}`);
      seen.set(key, name);
    }
  }
});

test('every key that the sources name is there', () => {
  const words = new Set(files('vi').flatMap(name => Object.keys(read('vi', name))));
  for (const file of sources()) {
    for (const [, key] of fs.readFileSync(file, 'utf8').matchAll(/\bt\('([\w.-]+)'/g)) assert.ok(words.has(key), `${path.relative(root, file)}: ${key}`);
  }
});

test('no source has Vietnamese text, nor a text child that a person would read', () => {
  const marks = /[àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ]/i;
  for (const file of sources()) {
    const lines = fs.readFileSync(file, 'utf8').split('\n');
    lines.forEach((line, i) => {
      const code = line.replace(/\/\/.*$|^\s*(\/?\*).*$/, '');
      assert.ok(!marks.test(code), `${path.relative(root, file)}:${i + 1}: ${line.trim()}`);
      // A child of h() that is two words or more in quotes after an attribute object: h('p', {}, 'Some text').
      const text = /h\('\w+', (?:\{[^}]*\}|null), '([A-Z][a-z]+ [^']*)'/.exec(code);
      assert.ok(!text, `${path.relative(root, file)}:${i + 1}: "${text?.[1]}" belongs into a language file`);
    });
  }
});

function* sources(folder = root) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) { if (entry.name !== 'lang') yield* sources(full); } else if (/\.ts$/.test(entry.name)) yield full;
  }
}
