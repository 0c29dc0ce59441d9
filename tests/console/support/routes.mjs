// The console's pages, as its own list of them says: a new page is walked by being there.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './server.mjs';

const folder = join(root, 'console/src/pages');

/** [{ name, route, nav }], in the order of index.ts. */
export function pages() {
  const index = readFileSync(join(folder, 'index.ts'), 'utf8');
  const listed = index.slice(index.indexOf('pages: Page[]'));
  const found = [];
  for (const [, alias, file] of index.matchAll(/import \{ page(?: as (\w+))? \} from '\.\/([\w-]+)'/g)) {
    const text = readFileSync(join(folder, `${file}.ts`), 'utf8');
    const route = /\broute: '([\w-]+)'/.exec(text)?.[1];
    if (!route) throw new Error(`${file}.ts has no route that could be read`);
    if (!new RegExp(`\\b${alias ?? 'page'}\\b`).test(listed)) continue;
    found.push({ name: file, route, nav: /\bnav: '([\w.-]+)'/.exec(text)?.[1] ?? null });
  }
  return found;
}

/** Files that export a page and are in no list. */
export function forgotten() {
  const listed = new Set(pages().map(p => p.name));
  const index = readFileSync(join(folder, 'index.ts'), 'utf8'); // the wall display stands there beside the list
  return readdirSync(folder).filter(f => f.endsWith('.ts')).map(f => f.slice(0, -3))
    .filter(f => !listed.has(f) && !index.includes(`'./${f}'`) && /export const page\b/.test(readFileSync(join(folder, `${f}.ts`), 'utf8')));
}

/** Words of both languages: key → text. */
export function words(lang) {
  const at = join(root, 'console/src/lang', lang);
  return Object.assign({}, ...readdirSync(at).filter(f => f.endsWith('.json')).map(f => JSON.parse(readFileSync(join(at, f), 'utf8'))));
}
