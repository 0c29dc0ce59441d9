// The console: sign in, keep the alerts in sight, keep the line to the server under watch, show what is asked for.
import './style.css';
import { step } from './core/act';
import * as alerts from './core/alerts';
import { Refusal, all, call, messageOf, statusOf } from './core/api';
import { h, notice, put } from './core/dom';
import { age, clock, load, other, t, word } from './core/i18n';
import * as router from './core/router';
import * as session from './core/session';
import * as sound from './core/sound';
import { EventStream } from './core/stream';
import { tick } from './core/time';
import type { Alert } from './core/types';
import { pages } from './pages';

let list: HTMLElement | null = null, view: HTMLElement | null = null;
let dirty = false, lostSince = 0, unready = '';

const stream = new EventStream('/api/v1/events', {
  open: () => { lostSince = 0; banner(); void refresh(); },
  lost: () => { if (!lostSince) { lostSince = Date.now(); sound.lost(); } banner(); },
  refused: () => signedOut(true),
  event: (name, data) => {
    if (name === 'alert') receive(JSON.parse(data) as Alert);
    else if (name === 'reset') { alerts.clear(); void refresh(); } // the server's book was restored from an older copy
  },
});

function receive(alert: Alert): void {
  const change = alerts.take(alert);
  if (change === 'new' && alerts.isOpen(alert)) sound.alarm(alert.severity);
  if (change) drawAlerts();
  router.tell(alert);
}

/** The list as the server has it: after every (re)connection, because what came before the first event is only there. */
async function refresh(): Promise<void> {
  try {
    alerts.replace(await all<Alert>('/api/v1/alerts?state=open', 2000));
    drawAlerts();
  } catch (error) { failed(error); }
}

function banner(): void {
  const box = document.getElementById('banner')!;
  const text = lostSince ? t('banner.lost', { time: clock(lostSince), age: age(lostSince) }) : unready ? t('banner.unready', { reason: unready }) : '';
  if (box.textContent !== text) box.textContent = text;
  box.hidden = !text;
  box.className = lostSince ? 'lost' : 'unready';
  document.body.classList.toggle('lost', lostSince !== 0);
}

/** The server may answer and still have lost its readers: it says so itself. */
async function watchReadiness(): Promise<void> {
  if (!session.who() || lostSince) return;
  try {
    const answer = await fetch('/readyz', { cache: 'no-store', signal: AbortSignal.timeout(5000) });
    const before = unready;
    const body = answer.status === 503 ? await answer.json() as { faults?: { part: string; message: string }[] } : {}; // 401: this caller may not ask
    unready = (body.faults ?? []).map(fault => `${word('part', fault.part)}: ${fault.message}`).join(' · ');
    if (unready && !before) sound.lost();
  } catch (error) { unready = String(statusOf(error)); }
  banner();
}

function failed(error: unknown): void {
  if (error instanceof Refusal && error.status === 401) signedOut(true);
  else notice(`${t('error.load', { status: statusOf(error) })} ${messageOf(error)}`, true);
}

const act: alerts.Act = {
  mayAct: session.mayAct,
  choose: id => { alerts.choose(id); drawAlerts(); },
  acknowledge: alert => void step(alert, 'acknowledge', {}, failed).then(drawAlerts),
};

function drawAlerts(): void {
  if (dirty) return;
  dirty = true;
  requestAnimationFrame(() => { dirty = false; if (list) alerts.draw(list, act); });
}

async function show(): Promise<void> {
  if (!view) return;
  await router.show(view, pages, { me: session.who, lost: () => lostSince !== 0, signedOut: () => signedOut(true) });
  document.querySelectorAll<HTMLAnchorElement>('nav a').forEach(a => a.classList.toggle('here', a.dataset.route === view?.dataset.page));
}

function theme(name?: string): string {
  if (name) localStorage.setItem('theme', name);
  const chosen = localStorage.getItem('theme') ?? 'dark';
  document.documentElement.dataset.theme = chosen;
  document.dispatchEvent(new Event('theme'));
  return chosen;
}

const tools = (): HTMLElement[] => [
  h('button', { onclick: () => sound.allow().then(draw), class: sound.ready() ? 'on' : 'off' }, t(sound.ready() ? 'sound.on' : 'sound.off')),
  h('button', { onclick: () => { theme(theme() === 'dark' ? 'light' : 'dark'); draw(); } }, t(theme() === 'dark' ? 'theme.light' : 'theme.dark')),
  h('button', { lang: other(), onclick: () => { load(other()); draw(); } }, t('language.other')),
];

function draw(): void {
  const app = document.getElementById('app')!;
  const me = session.who();
  if (!me) {
    list = view = null;
    session.drawLogin(app, tools(), begin);
    return;
  }
  list = h('aside', { id: 'alerts', 'aria-label': t('alerts.title') });
  view = h('main', {});
  put(app,
    h('header', {},
      h('b', { class: 'brand' }, 'SmartCity.IoT'),
      h('nav', { 'aria-label': t('nav.title') }, pages.filter(page => page.nav && router.mayOpen(page, me)).map(page => h('a', { href: `#/${page.route}`, 'data-route': page.route }, t(page.nav!)))),
      h('span', { class: 'clock' }, clock(Date.now())),
      h('span', { class: 'tools' }, tools(), h('span', { class: 'who' }, me.user), me.csrf
        ? h('button', { onclick: signOut }, t('login.out'))
        : h('button', { onclick: () => { stream.stop(); session.forget(); draw(); } }, t('login.in')))),
    h('div', { class: 'desk' }, list, view),
    h('footer', {}, t('keys.help')));
  banner();
  alerts.draw(list, act);
  void show();
}

function begin(): void {
  draw();
  stream.start();
}

async function signOut(): Promise<void> {
  await call('POST', '/api/v1/logout', { body: {} }).catch(failed);
  signedOut(false);
}

function signedOut(unasked: boolean): void {
  stream.stop();
  router.close();
  session.forget();
  lostSince = 0;
  unready = '';
  alerts.clear();
  banner();
  draw();
  if (unasked) { notice(t('login.ended'), true); sound.lost(); }
}

const keys: Record<string, () => void> = {
  a: () => {
    const alert = alerts.current();
    if (!alert || !alerts.waiting(alert) || !session.mayAct()) return;
    if (alerts.settled()) act.acknowledge(alert);
    else notice(t('alerts.moved', { kind: word('kind', alert.kind) }), true);
  },
  arrowdown: () => { alerts.move(1); drawAlerts(); },
  arrowup: () => { alerts.move(-1); drawAlerts(); },
  escape: () => { alerts.choose(null); drawAlerts(); },
  enter: () => { const alert = alerts.current(); if (alert) location.hash = `#/alerts/${alert.id}`; },
  w: () => document.body.classList.toggle('wall'),
};

addEventListener('keydown', event => {
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey || !session.who()) return; // a key held down acknowledges one alert, not all
  if (event.target instanceof Element && event.target.closest('input, select, textarea, button, a, [contenteditable], [data-keys]')) return;
  const action = keys[event.key.toLowerCase()];
  if (action) { event.preventDefault(); action(); }
});
// On click, not on the press before it: drawing between the two would take the button away from under the finger.
addEventListener('click', () => { if (!sound.ready()) void sound.allow().then(() => { if (session.who()) draw(); }); }, { once: true });
addEventListener('hashchange', () => void show());
addEventListener('offline', () => { if (session.who() && !lostSince) { lostSince = Date.now(); sound.lost(); banner(); } });

setInterval(() => {
  const now = Date.now();
  tick(now);
  const time = document.querySelector('.clock');
  if (time) time.textContent = clock(now);
  if (lostSince) banner();
}, 1000);
setInterval(() => { if (lostSince) sound.lost(); }, 15000);
setInterval(() => void watchReadiness(), 5000);

async function enter(): Promise<void> {
  const code = /^#code=(.+)$/.exec(location.hash)?.[1];
  if (code) {
    history.replaceState(null, '', location.pathname); // a one-time code works once: it need not stay in the address bar
    const said = session.drawLogin(document.getElementById('app')!, tools(), begin);
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

theme();
load(localStorage.getItem('language'));
void enter();
