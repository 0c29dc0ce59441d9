// The console: sign in, keep the alerts in sight, keep the line to the server under watch, show what is asked for.
import * as alerts from './js/alerts.js';
import { antiForgeryToken, all, call, get } from './js/api.js';
import { h, notice } from './js/dom.js';
import { age, clock, language, load, other, t, word } from './js/i18n.js';
import * as sound from './js/sound.js';
import { EventStream } from './js/stream.js';
import * as views from './js/views.js';

const acting = ['operator', 'lighting', 'technician', 'admin']; // the server judges each alert; this only hides buttons from those who may never
const keep = { devices: {}, device: {} };
let me = null, list = null, view = null, dirty = false, lostSince = 0, unready = '';

const stream = new EventStream('/api/v1/events', {
  open: () => { lostSince = 0; banner(); refresh(); },
  lost: () => { if (!lostSince) { lostSince = Date.now(); sound.lost(); } banner(); },
  refused: () => signedOut(true),
  event: (name, data) => {
    if (name === 'alert') receive(JSON.parse(data));
    else if (name === 'reset') { alerts.clear(); refresh(); } // the server's book was restored from an older copy
  },
});

function receive(alert) {
  const change = alerts.take(alert);
  if (change === 'new' && alerts.isOpen(alert)) sound.alarm(alert.severity);
  if (change) drawAlerts();
  if (change && location.hash === `#/alerts/${alert.id}`) show();
}

/** The list as the server has it: after every (re)connection, because what came before the first event is only there. */
async function refresh() {
  try {
    alerts.replace(await all('/api/v1/alerts?state=open', 2000));
    drawAlerts();
  } catch (error) { failed(error); }
}

function banner() {
  const box = document.getElementById('banner');
  const text = lostSince ? t('banner.lost', { time: clock(lostSince), age: age(lostSince) }) : unready ? t('banner.unready', { reason: unready }) : '';
  if (box.textContent !== text) box.textContent = text;
  box.hidden = !text;
  box.className = lostSince ? 'lost' : 'unready';
  document.body.classList.toggle('lost', lostSince !== 0);
}

/** The server may answer and still have lost its readers: it says so itself. */
async function watchReadiness() {
  if (!me || lostSince) return;
  try {
    const answer = await fetch('/readyz', { cache: 'no-store', signal: AbortSignal.timeout(5000) });
    const before = unready;
    const faults = answer.status === 503 ? (await answer.json()).faults ?? [] : []; // 401: this caller may not ask
    unready = faults.map(fault => `${word('part', fault.part)}: ${fault.message}`).join(' · ');
    if (unready && !before) sound.lost();
  } catch (error) { unready = error.name; }
  banner();
}

function failed(error) {
  if (error.status === 401) signedOut(true);
  else notice(`${t('error.load', { status: error.status ?? error.name })} ${error.message ?? ''}`, true);
}

const act = {
  mayAct: () => acting.some(role => me?.roles?.includes(role)),
  choose: id => { alerts.choose(id); drawAlerts(); },
  acknowledge: alert => act.step(alert, 'acknowledge'),
  async step(alert, step, note) {
    try {
      const changed = await call('POST', `/api/v1/alerts/${encodeURIComponent(alert.id)}/${step}`, { body: note ? { note } : {}, revision: alert.revision });
      if (changed?.id) alerts.take(changed);
      notice(t('done.step', { step: t(`action.${step}`), kind: word('kind', alert.kind) }));
      if (step === 'acknowledge') alerts.choose(null);
    } catch (error) {
      if (error.status !== 409) { failed(error); return; }
      notice(error.problem.by ? t('error.conflict', { who: error.problem.by }) : t('error.changed'), true);
      const fresh = await get(`/api/v1/alerts/${encodeURIComponent(alert.id)}`).catch(() => null);
      if (fresh) alerts.take(fresh);
    }
    drawAlerts();
    if (location.hash.startsWith('#/alerts/')) show();
  },
};

function drawAlerts() {
  if (dirty) return;
  dirty = true;
  requestAnimationFrame(() => { dirty = false; if (list) alerts.draw(list, act); });
}

/** Draws the view that the address names; an old answer that comes late is thrown away. */
async function show() {
  if (!view) return;
  const [, page = 'devices', id] = location.hash.split('/').map(decodeURIComponent);
  document.querySelectorAll('nav a').forEach(a => a.classList.toggle('here', a.hash === `#/${page}`));
  const box = h('section');
  const asked = location.hash;
  try {
    if (page === 'device' || (page === 'devices' && id)) await views.device(box, id, keep.device);
    else if (page === 'alerts' && id) await views.alert(box, id, act);
    else if (page === 'quarantine') await views.quarantine(box);
    else if (page === 'system') await views.system(box);
    else await views.devices(box, keep.devices);
  } catch (error) {
    if (error.status === 401) { signedOut(true); return; }
    box.replaceChildren(h('p', { class: 'bad' }, t('error.load', { status: error.status ?? error.name }), ' ', h('span', { class: 'data' }, error.message)));
  }
  if (asked === location.hash) view.replaceChildren(box);
}

function theme(name) {
  if (name) localStorage.setItem('theme', name);
  const chosen = localStorage.getItem('theme') ?? 'dark';
  document.documentElement.dataset.theme = chosen;
  return chosen;
}

function tools() {
  return [
    h('button', { onclick: () => sound.allow().then(draw), class: sound.ready() ? 'on' : 'off' }, t(sound.ready() ? 'sound.on' : 'sound.off')),
    h('button', { onclick: () => { theme(theme() === 'dark' ? 'light' : 'dark'); draw(); } }, t(theme() === 'dark' ? 'theme.light' : 'theme.dark')),
    h('button', { lang: other(), onclick: () => load(other()).then(draw) }, t('language.other')),
  ];
}

function draw() {
  const app = document.getElementById('app');
  if (!me) { drawLogin(app); return; }
  list = h('aside', { id: 'alerts', 'aria-label': t('alerts.title') });
  view = h('main');
  app.replaceChildren(
    h('header', {},
      h('b', { class: 'brand' }, 'SmartCity.IoT'),
      h('nav', {}, ['devices', 'quarantine', 'system'].map(name => h('a', { href: `#/${name}` }, t(`nav.${name}`)))),
      h('span', { class: 'clock' }, clock(Date.now())),
      h('span', { class: 'tools' }, tools(), h('span', { class: 'who' }, me.user), me.csrf ? h('button', { onclick: signOut }, t('login.out')) : h('button', { onclick: () => { stream.stop(); me = null; draw(); } }, t('login.in')))),
    h('div', { class: 'desk' }, list, view),
    h('footer', {}, t('keys.help')));
  banner();
  alerts.draw(list, act);
  show();
}

function drawLogin(app) {
  const user = h('input', { name: 'user', autocomplete: 'username', required: true, 'aria-label': t('login.user'), placeholder: t('login.user') });
  const password = h('input', { name: 'password', type: 'password', autocomplete: 'current-password', required: true, 'aria-label': t('login.password'), placeholder: t('login.password') });
  const said = h('p', { class: 'bad', role: 'alert' });
  list = view = null;
  const form = h('form', { class: 'login', onsubmit: event => { event.preventDefault(); signIn(said, '/api/v1/login', { user: user.value, password: password.value }); } },
    h('h1', {}, 'SmartCity.IoT'), h('p', {}, t('login.what')), user, password, h('button', { class: 'ack' }, t('login.in')), said, h('div', { class: 'tools' }, tools()));
  app.replaceChildren(form);
  user.focus();
}

async function signIn(said, path, body, refused = 'login.wrong') {
  try {
    await call('POST', path, { body });
    await begin();
  } catch (error) {
    said.textContent = t({ 401: refused, 403: refused, 429: 'login.wait' }[error.status] ?? 'error.load',
      { status: error.status ?? error.name, time: error.waitSeconds ? age(1, 1 + error.waitSeconds * 1000) : '' });
  }
}

async function begin() {
  me = await get('/api/v1/me');
  antiForgeryToken(me.csrf);
  draw();
  stream.start();
}

/** On a server started with --open whoever is on its machine may look, without a name. */
async function lookAround() {
  await get('/api/v1/alerts?state=open&limit=1');
  me = { user: t('login.open'), roles: [] };
  draw();
  stream.start();
}

async function signOut() {
  await call('POST', '/api/v1/logout', { body: {} }).catch(failed);
  signedOut(false);
}

function signedOut(unasked) {
  stream.stop();
  me = null;
  lostSince = 0;
  unready = '';
  alerts.clear();
  banner();
  draw();
  if (unasked) { notice(t('login.ended'), true); sound.lost(); }
}

const keys = {
  a: () => {
    const alert = alerts.current();
    if (!alert || !alerts.waiting(alert) || !act.mayAct()) return;
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
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey || !me) return; // a key held down acknowledges one alert, not all
  if (event.target.closest('input, select, textarea, button, a')) return;
  const action = keys[event.key.toLowerCase()];
  if (action) { event.preventDefault(); action(); }
});
// On click, not on the press before it: drawing between the two would take the button away from under the finger.
addEventListener('click', () => { if (!sound.ready()) sound.allow().then(() => { if (me) draw(); }); }, { once: true });
addEventListener('hashchange', show);
addEventListener('offline', () => { if (me && !lostSince) { lostSince = Date.now(); sound.lost(); banner(); } });

setInterval(() => {
  const now = Date.now();
  document.querySelectorAll('[data-age]').forEach(e => { e.textContent = age(Number(e.dataset.age), now); });
  const time = document.querySelector('.clock');
  if (time) time.textContent = clock(now);
  if (lostSince) banner();
}, 1000);
setInterval(() => { if (lostSince) sound.lost(); }, 15000);
setInterval(watchReadiness, 5000);
setInterval(() => { // values grow old on a screen that nobody touches; one in which somebody types is left alone
  if (me && !lostSince && !document.hidden && !view.contains(document.activeElement)) show();
}, 15000);

theme();
await load(localStorage.getItem('language') ?? 'vi');
const code = /^#code=(.+)$/.exec(location.hash)?.[1];
if (code) {
  history.replaceState(null, '', location.pathname); // a one-time code works once: it need not stay in the address bar
  draw();
  await signIn(document.querySelector('.login .bad'), '/api/v1/login/code', { code: decodeURIComponent(code) }, 'login.link');
} else {
  await begin().catch(async error => {
    if (error.status === 401) await lookAround().catch(() => draw());
    else { draw(); failed(error); }
  });
}
