// The servers of the city: who is there, who leads, which gateways come to which, how each fares, and where the book is.
import './servers.css';
import { Refusal, call, get, messageOf } from '../core/api';
import { ask } from '../core/ask';
import { h, notice, put, say, type Child } from '../core/dom';
import { age, has, moment, number, t, word } from '../core/i18n';
import type { Ctx, Page } from '../core/router';
import { at } from '../core/time';
import { bytes, mebi } from '../core/bytes';

interface Status {
  version: string; startedAt?: string | null; faults: { part: string; message: string }[];
  log: { lane: string; backlogBytes: number; paused: string | null }[];
  readers: { name: string; lane: string; lagBytes: number; trouble: string | null }[];
  history: { store: string; state: string; reason: string | null } | null;
  quarantineRows: number; streams: number; freeBytes: number | null; console?: string | null;
}
interface Server {
  name: string; state: 'here' | 'draining' | 'unanswering' | 'silent' | 'superseded' | 'left'; self: boolean; leader: boolean; incarnation?: number | null; startedAt?: string | null;
  beatSeconds?: number | null; url?: string | null; telemetry?: number | null; alarm?: number | null; trouble?: string | null; answeredSeconds?: number | null;
  clockAheadSeconds?: number | null; status?: Status | null;
}
interface Answer { self: string; alone: boolean; book: { engine: string; place: string; awayWhy?: string | null; awaySince?: string | null }; items: Server[] }

const lagWorth = 16 * mebi, diskWorth = 2048 * mebi;

type Mood = 'good' | 'watch' | 'wrong';

const moodOf = (one: Server): Mood => (one.state === 'here' ? one.status?.faults.length ? 'wrong' : one.clockAheadSeconds ? 'watch' : 'good' : one.state !== 'unanswering' && one.state !== 'silent' ? 'watch' : 'wrong');

const fact = (key: string, value: Child, mood?: Mood): HTMLElement => h('div', { class: mood ?? null }, h('dt', {}, t(key)), h('dd', {}, value));

const since = (time: number): Child => (time ? h('span', { 'data-age': time, title: moment(time) }, age(time)) : '–');

/** What a server said of itself; beside one that does not answer it is of before, and looks so. */
function own(one: Server, now: number): HTMLElement | null {
  const s = one.status;
  if (!s) return null;
  const lag = Math.max(0, ...s.readers.map(r => r.lagBytes)), stuck = s.readers.some(r => r.trouble), paused = s.log.filter(l => l.paused);
  const old = one.self || one.state === 'here' || one.state === 'draining' ? 0 : now - (one.answeredSeconds ?? 0) * 1000;
  return h('section', { class: old ? 'hatched' : '' }, old ? h('p', { class: 'more' }, t('servers.asOf'), ' ', since(old)) : null,
    s.faults.map(f => h('p', { class: 'bad' }, h('strong', {}, has(`healthpart.${f.part}`) ? t(`healthpart.${f.part}`) : word('part', f.part)), ' ', h('span', { class: 'data' }, f.message))),
    h('dl', { class: 'facts' },
      fact('servers.readers', stuck ? t('health.stuck') : t('health.lag', { size: bytes(lag) }), stuck ? 'wrong' : lag > lagWorth ? 'watch' : undefined),
      fact('servers.log', paused.length ? paused.map(l => t(`health.pause.${l.paused}`)).join(', ') : t('health.kept', { size: bytes(s.log.reduce((sum, l) => sum + l.backlogBytes, 0)) }), paused.length ? 'wrong' : undefined),
      s.history ? fact('health.history', t(`health.store.${s.history.state}`), s.history.state === 'stopped' ? 'wrong' : undefined) : null,
      fact('health.disk', s.freeBytes === null ? '?' : bytes(s.freeBytes), s.freeBytes !== null && s.freeBytes < diskWorth ? 'wrong' : undefined),
      fact('health.quarantine', number(s.quarantineRows, 0)), fact('servers.screens', number(s.streams, 0)), fact('servers.version', s.version),
      fact('servers.since', since(at(one.startedAt ?? s.startedAt)))));
}

/** Where the others reach it; and a link to its console, which may be elsewhere. */
function consoleOf(one: Server): Child {
  const to = one.status?.console ?? one.url!;
  return one.self || !/^https?:\/\//.test(to) ? one.url : h('a', { href: `${to}/#/servers`, target: '_blank', rel: 'noopener' }, to);
}

interface Card { element: HTMLElement; update(one: Server, alone: boolean): void }

function card(name: string, ctx: Ctx, load: () => Promise<void>): Card {
  const title = h('h3', {}), state = h('strong', { class: 'server-state' }), body = h('div'), tools = h('div', { class: 'tools' });
  const element = h('article', { class: 'server', 'aria-label': name }, h('div', { class: 'server-head' }, title, state), body, tools);
  let offered = '';
  return {
    element,
    update(one, alone) {
      const now = Date.now(), beat = now - (one.beatSeconds ?? 0) * 1000;
      element.dataset.mood = moodOf(one);
      element.dataset.state = one.state;
      put(title, alone ? t('servers.thisOne') : one.name, one.self && !alone ? h('span', { class: 'tag calm' }, t('servers.self')) : null, one.leader && !alone ? h('span', { class: 'tag good', title: t('servers.leadsWhat') }, t('servers.leads')) : null);
      say(state, t(one.state === 'here' && one.status?.faults.length ? 'servers.state.faulty' : `servers.state.${one.state}`));
      put(body, alone ? null : [
        h('p', { class: one.url ? 'more data' : 'server-why' }, one.url ? consoleOf(one) : t('servers.noUrl')),
        one.state === 'here' ? null : h('p', { class: 'server-why' }, t(`servers.why.${one.state}`)),
        one.trouble && (one.state === 'unanswering' || one.state === 'silent') ? h('p', { class: 'more data' }, one.trouble) : null,
        one.clockAheadSeconds ? h('p', { class: 'bad' }, t(one.clockAheadSeconds > 0 ? 'servers.clockAhead' : 'servers.clockBehind', { n: number(Math.abs(one.clockAheadSeconds), 1) })) : null,
        h('dl', { class: 'facts server-holds' },
          fact('servers.telemetry', h('b', {}, number(one.telemetry ?? 0, 0))), fact('servers.alarm', h('b', {}, number(one.alarm ?? 0, 0))),
          fact('servers.beat', one.beatSeconds == null ? '–' : since(beat), one.state === 'silent' ? 'wrong' : undefined), fact('servers.start', number(one.incarnation ?? 0, 0)))],
        own(one, now));
      const may = alone || !ctx.me.roles.includes('admin') ? '' : one.state === 'draining' ? 'back' : one.state === 'here' || one.state === 'unanswering' ? 'drain' : '';
      if (may === offered) return;
      offered = may;
      put(tools, may === 'drain' ? h('button', { class: 'careful', onclick: () => void drain(one.name, true, load) }, t('servers.drain'))
        : may === 'back' ? h('button', { onclick: () => void drain(one.name, false, load) }, t('servers.undrain')) : null);
    },
  };
}

async function drain(name: string, give: boolean, load: () => Promise<void>): Promise<void> {
  if (give && !await ask(t('servers.drainTitle', { name }), [t('servers.drainWhat'), t('servers.drainThen')], t('servers.drain'))) return;
  try {
    await call('POST', '/api/v1/drain', { body: { server: name, end: !give } });
    notice(t(give ? 'servers.drained' : 'servers.undrained', { name }));
    await load();
  } catch (error) {
    notice(`${t('form.failed', { status: error instanceof Refusal ? error.status : '–' })} ${messageOf(error)}`, true);
  }
}

function bookCard(box: HTMLElement, book: Answer['book']): void {
  const away = book.awayWhy != null;
  box.dataset.mood = away ? 'wrong' : 'good';
  put(box, h('div', { class: 'server-head' }, h('h3', {}, t('servers.book')), h('strong', { class: 'server-state' }, t(away ? 'servers.bookAway' : 'servers.bookHere'))),
    h('dl', { class: 'facts' }, fact('servers.engine', t(`servers.engine.${book.engine}`)), book.place ? fact('servers.place', h('span', { class: 'data' }, book.place)) : null,
      away && book.awaySince ? fact('servers.awaySince', since(at(book.awaySince))) : null),
    away ? [h('p', { class: 'server-why' }, t('servers.bookAwayWhat')), h('p', { class: 'more data' }, book.awayWhy)] : null);
}

export const page: Page = {
  route: 'servers',
  nav: 'nav.servers',
  group: 'admin',
  async show(box, _args, ctx) {
    const summary = h('p', { class: 'large', role: 'status' }), grid = h('div', { class: 'servers' }), book = h('article', { class: 'server' });
    const cards = new Map<string, Card>();
    put(box, h('h2', {}, t('nav.servers')), summary, grid, book, h('p', { class: 'more' }, t('servers.how')));
    const load = async (): Promise<void> => {
      const answer = await get<Answer>('/api/v1/servers', ctx.signal);
      const well = answer.items.filter(one => one.state === 'here').length;
      const faulty = answer.items.filter(one => moodOf(one) === 'wrong').length;
      say(summary, (answer.alone ? t('servers.alone') : t(well === answer.items.length ? 'servers.all' : 'servers.some', { n: answer.items.length, well })) + (faulty ? ` · ${t('servers.faulty', { n: faulty })}` : ''));
      for (const one of answer.items) {
        if (!cards.has(one.name)) cards.set(one.name, card(one.name, ctx, load));
        cards.get(one.name)!.update(one, answer.alone);
      }
      for (const [name, one] of cards) if (!answer.items.some(i => i.name === name)) { one.element.remove(); cards.delete(name); }
      answer.items.forEach((one, i) => { const { element } = cards.get(one.name)!; if (grid.children[i] !== element) grid.insertBefore(element, grid.children[i] ?? null); });
      bookCard(book, answer.book);
    };
    await load();
    ctx.refresh(load, 2);
  },
};
