// The console: sign in, keep the alerts in sight, keep the line to the server under watch, show what is asked for.
import './style.css';
import * as act from './core/act';
import * as alarm from './core/alarm';
import * as alerts from './core/alerts';
import { Refusal, call, get, told, whenForbidden } from './core/api';
import { notice, say } from './core/dom';
import { clock, load, number, t, word } from './core/i18n';
import { AlertList } from './core/list';
import { cityAreas } from './core/names';
import * as provisional from './core/provisional';
import * as router from './core/router';
import * as servers from './core/servers';
import * as session from './core/session';
import * as shell from './core/shell';
import * as sound from './core/sound';
import { EventStream } from './core/stream';
import { tick } from './core/time';
import type { Alert, Incident, Page } from './core/types';
import * as wall from './core/wall';
import * as watch from './core/watch';
import { pages, wallPage } from './pages';

const app = document.getElementById('app')!;
const mostAlerts = 20000; // open alerts that a screen holds
let view: HTMLElement | null = null, list: AlertList | null = null, onWall = false;
let tools: shell.Tools | null = null;

const stream = new EventStream('/api/v1/events', {
  open: () => { provisional.clear(); watch.found(); void watch.askReadiness(); void refresh(); void meet(); },
  lost: () => { watch.gone(); list?.ask(); },
  refused: () => signedOut(true),
  event: (name, data) => {
    if (name === 'alert') receive(JSON.parse(data) as Alert);
    else if (name === 'provisional') receiveProvisional(JSON.parse(data) as provisional.Provisional);
    else if (name === 'reset') { alerts.clear(); void refresh(); } // the server's book was restored from an older copy
  },
});

/** A danger goes from the wire to the screen and the ear here, with nothing asked for in between. */
function receive(alert: Alert): void {
  const before = alerts.find(alert.id);
  if (alerts.take(alert, true)) {
    alarm.heard(alert, before);
    list?.ask();
    title();
  }
  router.tell(alert);
}

/** What is in no book yet: heard as any alert, and gone when the book has said what became of it; then what could not be read is read. */
function receiveProvisional(said: provisional.Provisional): void {
  const was = provisional.away();
  for (const alert of provisional.take(said)) alarm.heard(alert, undefined);
  list?.ask();
  title();
  watch.draw();
  if (was === said.away) return;
  void watch.askReadiness();
  void meet();
  if (said.away) return;
  void refresh();
  if (router.fails()) void show();
}

/** Who else serves the city, and what only they see. */
async function meet(): Promise<void> {
  if (!await servers.ask()) return;
  for (const alert of provisional.takeElsewhere(servers.others())) alarm.heard(alert, undefined);
  for (const box of document.querySelectorAll('.server-name')) say(box, shell.nameOf());
  list?.ask();
  title();
  watch.draw();
}

/** The list as the server has it: after every (re)connection, because what came before the first event is only there. */
let reading = 0;
async function refresh(): Promise<void> {
  const mine = ++reading;
  const read = alerts.begin();
  try {
    const incidents = await pagesOf<Incident>('/api/v1/incidents?state=open').catch(() => [] as Incident[]); // first: so that no revision is newer than what is shown
    let cursor: string | null | undefined = '', count = 0;
    do {
      const found: Page<Alert> = await get<Page<Alert>>(`/api/v1/alerts?state=open&limit=500${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
      if (mine !== reading) return;
      read.page(found.items);
      alerts.takeIncidents(incidents);
      count += found.items.length;
      list?.ask();
      cursor = found.next;
    } while (cursor && count < mostAlerts);
    read.end(!cursor);
    list?.ask();
    title();
  } catch (error) {
    read.end(false);
    failed(error);
  }
}

async function pagesOf<T>(path: string): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null | undefined = '';
  do {
    const found: Page<T> = await get<Page<T>>(`${path}&limit=500${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
    items.push(...found.items);
    cursor = found.next;
  } while (cursor && items.length < mostAlerts);
  return items;
}

function title(): void {
  const { waiting } = alerts.count();
  const lead = waiting > 0 ? alerts.open().find(group => group.waiting > 0 && !group.test)?.lead : undefined;
  const unrecorded = provisional.items()[0];
  document.title = unrecorded ? `(!) ${word('kind', unrecorded.kind)} · ${t('provisional.title')}` : lead ? `(${number(waiting)}) ${word('kind', lead.kind)} · SmartCity.IoT` : 'SmartCity.IoT';
}

function failed(error: unknown): void {
  if (error instanceof Refusal && error.status === 401) signedOut(true);
  else notice(told(error), true);
}

const changed = (): void => { list?.ask(); title(); };

async function show(): Promise<void> {
  const me = session.who();
  if (!me) return;
  if (wall.belongs(me) && !wall.isWall()) { location.hash = '#/wall'; return; }
  if (wall.isWall() !== onWall) { draw(); return; }
  if (!view) return;
  await router.show(view, onWall ? [wallPage] : pages, { me: session.who, lost: watch.lost, signedOut: () => signedOut(true) });
  shell.here(view.dataset.page);
}

function draw(): void {
  const me = session.who();
  onWall = wall.isWall();
  document.body.classList.toggle('wall', onWall);
  tools = shell.tools(draw);
  if (!me) {
    list = null;
    view = null;
    session.drawLogin(app, [...tools.seen, ...tools.more], begin);
    return;
  }
  list = new AlertList({
    mayAct: () => session.mayAct() && !onWall,
    lost: watch.deaf,
    choose: key => { alerts.choose(key); list?.ask(); },
    acknowledge: group => void act.acknowledge(group, failed).then(changed),
    acknowledgeOne: alert => void act.step(alert, 'acknowledge', {}, failed).then(changed),
  });
  view = document.createElement('main');
  if (onWall) wall.frame(app, list.element, view, me);
  else shell.frame(app, { me, pages, tools, list: list.element, view, leave: () => void signOut(me.csrf) });
  void wall.keepAwake(onWall);
  watch.draw();
  list.draw();
  void show();
}

function begin(): void {
  draw();
  stream.start();
  cityAreas().then(changed, () => undefined); // names; without them ids are shown
}

/** Somebody else has signed in in this browser: what is on the screen is theirs now, and they are told. */
async function lookWho(): Promise<'same' | 'other' | null> {
  const found = await session.look();
  if (found !== 'other') return found;
  stream.stop();
  alerts.clear();
  begin();
  notice(t('login.other', { user: session.who()!.user }), true);
  return found;
}
whenForbidden(lookWho);

async function signOut(csrf: string | null | undefined): Promise<void> {
  if (csrf) await call('POST', '/api/v1/logout', { body: {} }).catch(failed);
  signedOut(false);
}

function signedOut(unasked: boolean): void {
  stream.stop();
  router.close();
  session.forget();
  servers.forget();
  provisional.forget();
  watch.forget();
  alerts.clear();
  alarm.unmute();
  draw();
  title();
  if (unasked) { notice(t('login.ended'), true); alarm.lostNow(); }
}

const keys: Record<string, () => void> = {
  a: () => {
    const group = alerts.current();
    if (!group || group.waiting === 0 || !session.mayAct()) return;
    if (!watch.takes()) { notice(t(watch.lost() ? 'act.lost' : 'act.bookAway'), true); return; }
    if (alerts.settled()) void act.acknowledge(group, failed).then(changed);
    else notice(t('alerts.moved', { kind: word('kind', group.lead.kind) }), true);
  },
  arrowdown: () => { alerts.move(1); list?.ask(); },
  arrowup: () => { alerts.move(-1); list?.ask(); },
  arrowright: () => list?.unfold(alerts.current()?.key, true),
  arrowleft: () => list?.unfold(alerts.current()?.key, false),
  ' ': () => list?.unfold(alerts.current()?.key),
  escape: () => { alerts.choose(null); list?.ask(); },
  enter: () => {
    const group = alerts.current();
    if (group) location.hash = group.incident ? `#/incidents/${encodeURIComponent(group.incident)}` : `#/alerts/${encodeURIComponent(group.lead.id)}`;
  },
  m: () => { if (alarm.isMuted()) alarm.unmute(); else alarm.mute(); tools?.update(); },
  f: () => { location.hash = `#/${pages[0]!.route}`; },
  w: () => { location.hash = onWall ? '#/' : '#/wall'; },
  '/': () => document.querySelector<HTMLInputElement>('main input[type=search]')?.focus(),
  '?': shell.help,
};

addEventListener('keydown', event => {
  if (event.defaultPrevented || event.repeat || event.ctrlKey || event.altKey || event.metaKey || !session.who()) return; // a key held down acknowledges one alert, not all
  if (document.querySelector('dialog[open]')) return;
  if (event.target instanceof Element && event.target.closest('input, select, textarea, [contenteditable], [data-keys]')) return;
  // A button that was pressed keeps the focus: Enter and Space are its own, but A must still acknowledge.
  if (event.target instanceof Element && event.target.closest('button, a, summary') && [' ', 'Enter'].includes(event.key)) return;
  const me = session.who();
  if (onWall && event.key.toLowerCase() !== 'w') return;
  if (onWall && me && wall.belongs(me)) return;
  const action = keys[event.key.toLowerCase()];
  if (action) { event.preventDefault(); action(); }
});
// On click, not on the press before it: drawing between the two would take the button away from under the finger.
const hear = (): void => { if (!sound.ready()) void sound.allow().then(() => tools?.update()); };
addEventListener('click', event => {
  hear();
  for (const menu of document.querySelectorAll<HTMLDetailsElement>('header details[open]')) if (!menu.contains(event.target as Node)) menu.open = false;
});
addEventListener('keyup', hear);
addEventListener('hashchange', () => void show());
addEventListener('offline', () => { if (session.who()) watch.gone(); });
document.addEventListener('visibilitychange', () => { if (!document.hidden) { void wall.keepAwake(onWall); list?.ask(); if (!watch.lost()) void lookWho(); } });

setInterval(() => {
  const now = Date.now(), me = session.who();
  tick(now);
  for (const time of document.querySelectorAll('.clock')) say(time, clock(now));
  if (watch.lost()) watch.draw();
  tools?.update();
  if (me && onWall) wall.tick(me, now);
  else if (me) shell.tick(me, now);
}, 1000);
setInterval(() => { if (session.who()) alarm.tick(watch.lost() || !watch.ready()); }, 500);
setInterval(() => { if (session.who()) void watch.askReadiness().then(() => list?.ask()); }, 5000);
let turn = 0;
setInterval(() => { if (session.who() && !watch.lost() && (provisional.away() || ++turn % 3 === 0)) void meet(); }, 2000);
setInterval(() => { if (session.who() && !watch.lost()) void session.ask().catch(error => { if (error instanceof Refusal && error.status === 401 && session.signedIn()) signedOut(true); }); }, 10 * 60_000);

async function enter(): Promise<void> {
  const code = /^#code=(.+)$/.exec(location.hash)?.[1];
  if (code) {
    history.replaceState(null, '', location.pathname); // a one-time code works once: it need not stay in the address bar
    const said = session.drawLogin(app, [...(tools = shell.tools(draw)).seen, ...tools.more], begin);
    if (await session.signIn(said, '/api/v1/login/code', { code: decodeURIComponent(code) }, 'login.link')) begin();
    return;
  }
  try {
    await session.ask();
    begin();
  } catch (error) {
    if (error instanceof Refusal && error.status === 401) await session.lookAround().then(begin, draw);
    else { draw(); failed(error); }
  }
}

shell.theme();
load(localStorage.getItem('language'));
void enter();
