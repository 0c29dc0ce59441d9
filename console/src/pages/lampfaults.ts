// The work order: what a crew has to mend, street by street, to be ticked, taken along as a table or on paper, and seen as stops on the map.
import '../core/lamps.css';
import './lampfaults.css';
import { cityMap, mapButtons } from '../core/anymap';
import { get } from '../core/api';
import type { Drawing } from '../core/citymap';
import { h, put, say } from '../core/dom';
import { age, language, moment, number, t, word } from '../core/i18n';
import { lampMapLooks, toPlace, type LampRow } from '../core/lamps';
import type { Page } from '../core/router';
import { at } from '../core/time';

interface Fault { alert: string; rule: string; trouble: string; since: string; state: string; assignee: string | null }
interface Line {
  id: string; kind: 'lamp' | 'cabinet' | 'gateway'; name: string | null; gateway: string | null; lat: number | null; lon: number | null; priority: number; trouble: string; what: string; since: string;
  faults: Fault[]; evidence: { asked: number | null; feedback: number | null; watts: number | null; volts: number | null; at: string | null } | null; lamps: { id: string; name: string | null }[];
}
interface Street { street: string | null; name: string | null; ward: string | null; items: Line[] }
interface Order { at: string; stops: number; lamps: number; streets: Street[]; more: boolean }

const troubles = ['electric', 'supply', 'door', 'dark', 'unfed', 'cycling', 'burning', 'day', 'dimming', 'meter', 'hot', 'silent', 'device'];
const ages = [0, 24, 72, 168];
const readEvery = 15; // seconds
const ticked = new Set<string>();
const keep = { ward: '', street: '', kind: '', hours: '0' };

export const page: Page = {
  route: 'lampfaults',
  nav: 'nav.lampfaults',
  group: 'lighting',
  async show(box, [place], ctx) {
    if (place?.startsWith('ward/')) Object.assign(keep, { ward: place.slice(5), street: '' });
    if (place?.startsWith('street/')) Object.assign(keep, { ward: '', street: place.slice(7) });
    const choice = (name: 'ward' | 'street' | 'kind' | 'hours'): HTMLSelectElement => {
      const select = h('select', { 'aria-label': t(`lampfaults.${name}`) });
      select.addEventListener('change', () => { keep[name] = select.value; if (name === 'ward') keep.street = ''; void load(); });
      return select;
    };
    const [ward, street, kind, hours] = [choice('ward'), choice('street'), choice('kind'), choice('hours')];
    put(kind, h('option', { value: '' }, t('lampfaults.anyKind')), troubles.map(name => h('option', { value: name }, t(`trouble.${name}`))));
    put(hours, ages.map(n => h('option', { value: n }, n ? t('lampfaults.older', { n: n / 24 }) : t('lampfaults.anyAge'))));
    const csv = h('a', { class: 'button', download: '' }, t('lampfaults.csv')), print = h('button', { onclick: () => { window.print(); } }, t('lampfaults.print'));
    const count = h('p', { class: 'more', role: 'status' }), list = h('div', { class: 'stops' }), untick = h('button', { onclick: () => { ticked.clear(); for (const input of list.querySelectorAll<HTMLInputElement>('input')) input.checked = false; tally(); } }, t('lampfaults.untick'));
    const canvas = h('div', { class: 'city-canvas', 'data-keys': true }), city = h('div', { class: 'city stops-map no-print' }, canvas);
    put(box, h('div', { class: 'stops-head' }, h('h2', {}, t('lampfaults.title')), h('p', { class: 'only-print' }, moment(Date.now()))),
      h('div', { class: 'tools no-print' }, ward, street, kind, hours, csv, print, untick), count, h('div', { class: 'stops-desk' }, list, city));

    let order: Order | null = null, map: Drawing<LampRow> | null = null;
    const spots = new Map<string, LampRow>();

    function tally(): void {
      if (!order) return;
      const chosen = order.streets.flatMap(s => s.items).filter(i => ticked.has(i.id)).length;
      list.classList.toggle('some-ticked', chosen > 0);
      for (const section of list.children) section.classList.toggle('unticked', section.querySelector('input:checked') === null);
      untick.hidden = chosen === 0;
      say(count, `${t('lampfaults.count', { stops: number(order.stops), lamps: number(order.lamps), streets: number(order.streets.length) })}${chosen ? ` · ${t('lampfaults.ticked', { n: number(chosen) })}` : ''}${order.more ? ` · ${t('lampfaults.cut')}` : ''}`);
    }

    function stop(line: Line): HTMLElement {
      const tick = h('input', { type: 'checkbox', 'aria-label': t('lampfaults.tick', { name: line.name ?? line.id }) });
      tick.checked = ticked.has(line.id);
      tick.addEventListener('change', () => { if (tick.checked) ticked.add(line.id); else ticked.delete(line.id); tally(); });
      const e = line.evidence, asked = e && line.kind === 'lamp' ? t('lampfaults.evidence', { asked: percent(e.asked), feedback: percent(e.feedback), watts: e.watts === null ? '–' : `${number(e.watts, 1)} W` })
        : e && e.volts !== null ? t('lampfaults.volts', { volts: number(e.volts, 0), watts: e.watts === null ? '–' : number(e.watts, 0) }) : '';
      const address = line.kind === 'lamp' ? toPlace('lighting', `lamp/${line.id}`) : line.kind === 'gateway' ? `#/devices/gateway/${encodeURIComponent(line.id)}` : `#/device/${encodeURIComponent(line.id)}`;
      const who = [...new Set(line.faults.map(f => f.assignee).filter(Boolean))].join(', ');
      return h('li', { class: `stop priority-${line.priority}`, 'data-stop': line.id },
        h('label', { class: 'stop-tick' }, tick),
        h('span', { class: 'stop-priority', title: t('lampfaults.priority') }, t('lampfaults.level', { n: line.priority })),
        h('div', { class: 'stop-what' }, h('a', { href: address }, line.name ?? line.id), line.name ? h('span', { class: 'data' }, line.id) : null, h('p', {}, line.what),
          line.lamps.length ? h('details', {}, h('summary', {}, t('lampfaults.inside', { n: number(line.lamps.length) })), h('p', { class: 'more' }, line.lamps.map(l => l.name ?? l.id).join(', '))) : null),
        h('div', { class: 'stop-facts' }, h('span', {}, t('lampfaults.since', { time: moment(at(line.since)) }), ' (', h('span', { 'data-age': at(line.since) }, age(at(line.since))), ')'),
          asked ? h('span', {}, asked, e?.at ? h('span', { class: 'more' }, ` (${moment(at(e.at))})`) : null) : null,
          line.lat !== null && line.lon !== null ? h('button', { class: 'plain no-print', onclick: () => map?.fly([line.lon!, line.lat!], 17) }, t('lampfaults.onMap')) : null,
          line.lat !== null && line.lon !== null ? h('span', { class: 'only-print data' }, `${line.lat.toFixed(5)}, ${line.lon.toFixed(5)}`) : null,
          line.faults.length ? h('span', { class: 'no-print' }, line.faults.map((f, i) => [i ? ' · ' : '', h('a', { href: `#/alerts/${encodeURIComponent(f.alert)}`, title: word('state', f.state) }, line.faults.length > 1 ? t(`trouble.${f.trouble}`) : word('state', f.state))]), who ? ` · ${who}` : '') : null));
    }

    const percent = (v: number | null): string => (v === null ? '–' : `${number(v, 0)} %`);

    function draw(): void {
      if (!order) return;
      const focused = list.contains(document.activeElement) ? document.activeElement!.closest<HTMLElement>('[data-stop]')?.dataset.stop : undefined;
      const before = new Map([...list.querySelectorAll<HTMLElement>('section')].map(s => [s.dataset.key!, s]));
      const sections = order.streets.map(s => {
        const key = `${s.ward}/${s.street}`, text = JSON.stringify([s, language()]), old = before.get(key);
        if (old && old.dataset.is === text) return old;
        return h('section', { 'data-key': key, 'data-is': text, class: 'stops-street' },
          h('h3', {}, s.name ?? t('lampfaults.noStreet'), h('span', { class: 'more' }, [s.ward ?? '', t('lampfaults.stops', { n: number(s.items.length) })].filter(Boolean).join(' · '))), h('ul', {}, s.items.map(stop)));
      });
      let next = list.firstElementChild;
      for (const section of sections) if (section === next) next = next.nextElementSibling; else list.insertBefore(section, next);
      for (const child of [...list.children]) if (!sections.includes(child as HTMLElement)) child.remove();
      if (!order.streets.length) put(list, h('p', { class: 'calm' }, t('lampfaults.none')));
      if (focused) list.querySelector<HTMLElement>(`[data-stop="${CSS.escape(focused)}"] input`)?.focus({ preventScroll: true });
      tally();
      const fresh = new Set<string>();
      for (const item of order.streets.flatMap(s => s.items)) {
        if (item.lat === null || item.lon === null) continue;
        fresh.add(item.id);
        spots.set(item.id, { id: item.id, name: item.name ?? item.id, lat: item.lat, lon: item.lon, street: null, groups: [], look: item.trouble === 'silent' ? 'silent' : item.priority === 3 ? 'not-followed' : 'fault', level: 0, follow: 'not-followed' });
      }
      for (const id of spots.keys()) if (!fresh.has(id)) spots.delete(id);
      map?.devices(spots, () => true, null);
    }

    function places(whole: Order): void {
      const wards = [...new Set(whole.streets.map(s => s.ward).filter(w => w !== null))], streets = whole.streets.filter(s => s.street && (!keep.ward || s.ward === keep.ward));
      if (keep.ward && !wards.includes(keep.ward)) wards.push(keep.ward);
      const text = JSON.stringify([wards, streets.map(s => s.street), keep]);
      if (ward.dataset.is === text) return;
      ward.dataset.is = text;
      put(ward, h('option', { value: '' }, t('lampfaults.anyWard')), wards.map(name => h('option', { value: name }, name)));
      put(street, h('option', { value: '' }, t('lampfaults.anyStreet')), keep.street && !streets.some(s => s.street === keep.street) ? h('option', { value: keep.street }, keep.street) : null,
        streets.map(s => h('option', { value: s.street! }, s.name)));
      Object.assign(ward, { value: keep.ward });
      Object.assign(street, { value: keep.street });
      Object.assign(kind, { value: keep.kind });
      Object.assign(hours, { value: keep.hours });
    }

    let reading = 0;
    async function load(): Promise<void> {
      const mine = ++reading, query = new URLSearchParams({ lang: language() }), whole = new URLSearchParams(query);
      for (const [name, value] of Object.entries(keep)) if (value && value !== '0') query.set(name, value);
      csv.href = `/api/v1/lighting/faults?${query}&format=csv`;
      const [found, every] = await Promise.all([get<Order>(`/api/v1/lighting/faults?${query}`, ctx.signal), query.size > 1 ? get<Order>(`/api/v1/lighting/faults?${whole}`, ctx.signal) : null]);
      if (mine !== reading || ctx.signal.aborted) return;
      order = found;
      places(every ?? found);
      draw();
    }

    await load();
    ctx.refresh(load, readEvery);
    await stopsMap();

    async function stopsMap(): Promise<void> {
      const made = await cityMap<LampRow>(canvas, {
        scale: 1, interactive: true, looks: lampMapLooks,
        acts: { device: row => bring(row.id), several: rows => { if (rows[0]) bring(rows[0].id); }, nothing: () => undefined },
      }, ctx.signal);
      map = made.map;
      if (!map) return;
      city.append(mapButtons(map));
      map.devices(spots, () => true, null);
      const seen = [...spots.values()];
      if (seen.length) map.fit(seen.map(s => [s.lon, s.lat]), 16);
    }

    function bring(id: string): void {
      const row = list.querySelector<HTMLElement>(`[data-stop="${CSS.escape(id)}"]`);
      row?.scrollIntoView({ block: 'center' });
      row?.querySelector('input')?.focus();
    }
  },
};
