// Every device of the city as one list that is searched, narrowed and sorted; ten thousand rows scroll freely.
import './devices.css';
import { CityRows, plain, sorted, type CityRow, type Column } from '../core/cityrows';
import { h, put, say } from '../core/dom';
import { number, t } from '../core/i18n';
import { kindWord, kinds } from '../core/kinds';
import { longTable } from '../core/longtable';
import { placeName } from '../core/names';
import type { Page } from '../core/router';
import { badge, states, type State } from '../core/state';
import { ageCell } from '../core/table';

interface Wanted { text: string; kind: string; zone: string; gateway: string; state: string; by: Column; down: boolean }

const nothing: Wanted = { text: '', kind: '', zone: '', gateway: '', state: '', by: 'state', down: false };
let keep: Wanted = { ...nothing };
const narrow = ['kind', 'zone', 'gateway', 'state'] as const;

export const page: Page = {
  route: 'devices',
  nav: 'nav.devices',
  group: 'city',
  async show(box, args, ctx) {
    const [field, value] = args;
    if (field && value === undefined) { location.replace(`#/device/${encodeURIComponent(field)}`); return; } // an address of before
    if (field && value !== undefined && (narrow as readonly string[]).includes(field)) keep = { ...nothing, [field]: value };

    const city = new CityRows(ctx.signal), catalogue = await kinds();
    const kindName = (kind: string): string => kindWord(catalogue.get(kind), kind);
    const search = h('input', { type: 'search', placeholder: t('devices.filter'), 'aria-label': t('devices.filter'), value: keep.text });
    const selects = ['kind', 'zone', 'gateway'] as const;
    const choices = Object.fromEntries(selects.map(name => [name, h('select', { 'aria-label': t(`devices.${name}`) })])) as Record<typeof selects[number], HTMLSelectElement>;
    const summary = h('p', { class: 'more', 'aria-live': 'polite' }), tally = h('div', { class: 'devices-tally' });
    const clear = h('button', { onclick: () => { keep = { ...nothing, by: keep.by, down: keep.down }; search.value = ''; options(); draw(); } }, t('devices.clear'));

    const list = longTable<CityRow>(
      [{ key: 'devices.state', sort: 'state' }, { key: 'devices.device', sort: 'id' }, { key: 'devices.lastSeen', sort: 'lastSeen' }, { key: 'devices.kind', sort: 'kind' }, { key: 'devices.zone', sort: 'zone' }, { key: 'devices.gateway', sort: 'gateway' }],
      2.9, t('nav.devices'),
      row => {
        // An alert hides the silence behind its colour: old values are hatched whatever the state says.
        const old = row.state === 'stale' || row.state === 'unknown' || row.state === 'never' || Date.now() - row.lastSeen > 3000 * (catalogue.get(row.kind)?.intervalSeconds ?? 300);
        return {
          class: old ? 'hatched' : '',
          cells: [h('td', {}, badge(row.state)),
            h('td', {}, h('a', { href: `#/device/${encodeURIComponent(row.id)}`, title: row.name || row.id }, row.name || row.id), row.name ? h('div', { class: 'more devices-id' }, row.id) : null),
            row.state === 'unknown' && !row.lastSeen ? h('td', {}, '?') : ageCell(row.lastSeen, old), h('td', {}, kindName(row.kind)), h('td', { title: row.zone }, row.zoneName), h('td', { title: row.gateway }, row.gatewayName)],
        };
      },
      by => { keep.down = keep.by === by ? !keep.down : false; keep.by = by as Column; list.sortedBy(keep.by, keep.down); draw(); });

    function options(): void {
      for (const name of selects) {
        const found = [...new Set(city.rows.map(r => r[name]))].filter(Boolean).sort();
        const words = (v: string): string => (name === 'kind' ? kindName(v) : placeName(name, v));
        const all = found.includes(keep[name]) || !keep[name] ? found : [keep[name], ...found];
        put(choices[name], h('option', { value: '' }, t(`devices.all.${name}`)), all.map(v => h('option', { value: v }, words(v))));
        choices[name].value = keep[name];
      }
    }

    function draw(): void {
      const text = plain(keep.text.trim());
      const found = city.rows.filter(r => narrow.every(name => !keep[name] || r[name] === keep[name]) && (!text || text.split(/\s+/).every(part => r.text.includes(part))));
      list.show(sorted(found, keep.by, keep.down, kindName));
      say(summary, t('devices.summary', { found: number(found.length, 0), all: number(city.rows.length, 0) }));
      clear.hidden = !keep.text && narrow.every(name => !keep[name]);
      const counts = new Map<State, number>();
      for (const row of city.rows) counts.set(row.state, (counts.get(row.state) ?? 0) + 1);
      put(tally, states.filter(s => counts.get(s) || s === keep.state).map(s => h('button', { 'aria-pressed': String(keep.state === s), onclick: () => { keep.state = keep.state === s ? '' : s; options(); draw(); } },
        badge(s), ' ', h('b', {}, number(counts.get(s) ?? 0, 0)))));
    }

    search.addEventListener('input', () => { keep.text = search.value; draw(); });
    for (const name of selects) choices[name].addEventListener('change', () => { keep[name] = choices[name].value; draw(); });
    put(box, h('h2', {}, t('nav.devices')), h('div', { class: 'tools' }, search, selects.map(name => choices[name]), clear), tally, summary, list.element);
    await city.load();
    options();
    list.sortedBy(keep.by, keep.down);
    draw();
    ctx.refresh(async () => {
      await city.load();
      if (!tally.contains(document.activeElement) && !selects.some(name => choices[name] === document.activeElement)) { options(); draw(); }
    }, 10);
  },
};
