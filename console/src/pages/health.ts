// Whether what stands on the screen can be trusted: server, readers, history, gateways, and what was not taken.
import './health.css';
import { get } from '../core/api';
import { bytes, mebi } from '../core/bytes';
import { h, put, say, type Child } from '../core/dom';
import { age, has, moment, number, t, word } from '../core/i18n';
import type { Page } from '../core/router';
import { ageCell, table } from '../core/table';
import { at } from '../core/time';

interface Status {
  server?: string | null;
  ready: boolean; faults: { part: string; message: string }[]; version: string; startedAt?: string | null; now: string;
  log: { lane: string; backlogBytes: number; paused: string | null }[];
  readers: { name: string; lane: string; lagBytes: number; trouble: string | null }[];
  history: { store: string; state: string; reason: string | null; since?: string | null; points: number } | null;
  quarantine: { rows: number; evicted: number; reasons: Record<string, number> } | null;
  gateways: { total: number; online: number; offline: { id: string; name?: string | null; lastSeen?: string | null }[]; unknown?: number };
  devices: { total: number; ok: number; stale: number; never: number; unknown?: number };
  streams: number; disk: { freeBytes: number | null };
}
interface Line { receivedAt: string; source?: string | null; device?: string | null; reason: string; column?: number | null; line: string; message?: string | null }

const lagWorth = 16 * mebi, diskWorth = 2048 * mebi, gatewaysShown = 40;
type Mood = 'good' | 'watch' | 'wrong';

const partWord = (part: string): string => (has(`healthpart.${part}`) ? t(`healthpart.${part}`) : word('part', part));

const tile = (mood: Mood, title: string, value: string, more: Child): HTMLElement => h('article', { class: `health-tile ${mood}` },
  h('div', { class: 'health-title' }, h('h3', {}, title), h('span', { class: 'health-mood' }, t(`health.${mood}`))), h('strong', {}, value), h('div', { class: 'more' }, more));

function tiles(s: Status): HTMLElement[] {
  const lag = Math.max(0, ...s.readers.map(r => r.lagBytes)), stuck = s.readers.filter(r => r.trouble), paused = s.log.filter(l => l.paused);
  const unknown = s.gateways.unknown ?? 0, away = s.gateways.total - s.gateways.online - unknown, free = s.disk.freeBytes;
  return [
    tile(s.ready ? 'good' : 'wrong', s.server ? t('health.serverNamed', { name: s.server }) : t('health.server'), t(s.ready ? 'health.ready' : 'health.notReady'),
      [t('health.since', { version: s.version }), ' ', s.startedAt ? h('span', { 'data-age': at(s.startedAt), title: moment(at(s.startedAt)) }, age(at(s.startedAt))) : '–', ` · ${t('health.streams', { n: s.streams })}`, s.server ? h('div', {}, h('a', { href: '#/servers' }, t('health.others'))) : null]),
    tile(paused.length ? 'wrong' : 'good', t('health.log'), paused.length ? t('health.paused') : t('health.flows'),
      s.log.map(l => h('div', {}, `${t(`health.lane.${l.lane}`)}: `, l.paused ? t(`health.pause.${l.paused}`) : t('health.kept', { size: bytes(l.backlogBytes) })))),
    tile(stuck.length ? 'wrong' : lag > lagWorth ? 'watch' : 'good', t('health.readers'), stuck.length ? t('health.stuck') : t('health.lag', { size: bytes(lag) }),
      s.readers.map(r => h('div', {}, `${t(`health.reader.${r.name}`)}, ${t(`health.lane.${r.lane}`)}: ${bytes(r.lagBytes)}`, r.trouble ? h('div', { class: 'bad data' }, r.trouble) : null))),
    s.history ? tile(s.history.state === 'stopped' ? 'wrong' : 'good', t('health.history'), t(`health.store.${s.history.state}`),
      [t('health.points', { n: number(s.history.points, 0) }), h('div', { class: 'data health-path' }, s.history.store), s.history.reason ? h('div', { class: 'bad data' }, s.history.reason) : null]) : null,
    tile(away || unknown ? 'watch' : 'good', t('health.gateways'), `${s.gateways.online} / ${s.gateways.total}`, [t(away || unknown ? 'health.away' : 'health.allHere', { n: away }), unknown ? h('div', {}, t('health.unknown', { n: number(unknown, 0) })) : null]),
    tile(s.devices.stale + s.devices.never + (s.devices.unknown ?? 0) ? 'watch' : 'good', t('health.devices'), `${number(s.devices.ok, 0)} / ${number(s.devices.total, 0)}`, [
      h('a', { href: '#/devices/state/stale' }, t('health.stale', { n: s.devices.stale })), ' · ', h('a', { href: '#/devices/state/never' }, t('health.never', { n: s.devices.never })),
      s.devices.unknown ? h('div', {}, h('a', { href: '#/devices/state/unknown' }, t('health.unknown', { n: number(s.devices.unknown, 0) }))) : null]),
    tile(free === null ? 'watch' : free < diskWorth ? 'wrong' : 'good', t('health.disk'), free === null ? '?' : bytes(free), t('health.free')),
    s.quarantine ? tile(s.quarantine.evicted ? 'watch' : 'good', t('health.quarantine'), number(s.quarantine.rows, 0), t('health.evicted', { n: number(s.quarantine.evicted, 0) })) : null,
  ].filter(one => one !== null);
}

export const page: Page = {
  route: 'health',
  nav: 'nav.health',
  group: 'admin',
  async show(box, _args, ctx) {
    const asked = h('span'), faults = h('div'), grid = h('div', { class: 'health-tiles' }), away = h('section'), kept = h('section');
    let reason = '', drawnLines = '', drawnAway = '';
    put(box, h('h2', {}, t('nav.health')), h('p', { class: 'more' }, t('health.asked'), ' ', asked), faults, grid, away, kept);

    const offline = (s: Status): void => {
      const now = JSON.stringify([s.gateways.offline, s.gateways.unknown]);
      if (now === drawnAway) return;
      drawnAway = now;
      const list = s.gateways.offline;
      put(away, h('h3', {}, t('health.offline', { n: s.gateways.total - s.gateways.online - (s.gateways.unknown ?? 0) })), list.length === 0 ? h('p', { class: 'calm' }, s.gateways.unknown ? t('health.unknown', { n: number(s.gateways.unknown, 0) }) : t('health.allHere'))
        : table(['health.gateway', 'health.name', 'health.lastSeen'], list.slice(0, gatewaysShown).map(g => h('tr', { class: 'stale' },
          h('td', {}, h('a', { href: `#/devices/gateway/${encodeURIComponent(g.id)}` }, g.id)), h('td', { class: 'wrap' }, g.name ?? ''), ageCell(at(g.lastSeen), true)))),
        list.length > gatewaysShown ? h('p', { class: 'more' }, t('health.more', { n: list.length - gatewaysShown })) : null);
    };

    const lines = async (s: Status): Promise<void> => {
      const reasons = Object.entries(s.quarantine?.reasons ?? {}).sort((a, b) => b[1] - a[1]);
      const { items } = await get<{ items: Line[] }>(`/api/v1/quarantine?limit=50${reason ? `&reason=${encodeURIComponent(reason)}` : ''}`, ctx.signal);
      const now = JSON.stringify([reasons, items, reason]);
      if (now === drawnLines || kept.contains(document.activeElement) && drawnLines && !kept.dataset.chosen) return;
      delete kept.dataset.chosen;
      drawnLines = now;
      const choose = (name: string) => (): void => { reason = reason === name ? '' : name; kept.dataset.chosen = 'yes'; void lines(s); };
      put(kept, h('h3', {}, t('health.quarantine')), h('p', { class: 'more' }, t('health.what')),
        h('div', { class: 'health-reasons' }, reasons.map(([name, n]) => h('button', { class: 'health-reason', 'aria-pressed': String(reason === name), onclick: choose(name) },
          word('reason', name), ' ', h('b', {}, number(n, 0))))),
        items.length === 0 ? h('p', { class: 'calm' }, t('health.noLines'))
          : table(['health.received', 'health.source', 'health.reason', 'health.line'], items.map(q => h('tr', {},
            ageCell(at(q.receivedAt)), h('td', {}, q.source ?? '', q.device ? h('div', { class: 'more' }, q.device) : null),
            h('td', {}, word('reason', q.reason), q.column ? h('div', { class: 'more' }, t('health.column', { n: q.column })) : null),
            h('td', { class: 'wrap' }, h('span', { class: 'data' }, q.line), q.message ? h('div', { class: 'more' }, q.message) : null)))));
    };

    const load = async (): Promise<void> => {
      const s = await get<Status>('/api/v1/status', ctx.signal);
      asked.dataset.age = String(Date.now());
      asked.dataset.staleAfter = '15';
      say(asked, age(Date.now()));
      put(faults, s.faults.length === 0 ? null : h('div', { class: 'health-faults', role: 'alert' }, s.faults.map(f => h('p', {}, h('strong', {}, partWord(f.part)), ' ', h('span', { class: 'data' }, f.message)))));
      put(grid, tiles(s));
      offline(s);
      await lines(s);
    };
    await load();
    ctx.refresh(load, 5);
  },
};
