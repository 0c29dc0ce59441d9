// The frame around every page: name, pages, clock, sound, language, theme, and the help that the key ? opens.
import * as alarm from './alarm';
import { h, put, say, type Child } from './dom';
import { load, other, t } from './i18n';
import { mayOpen, type Page } from './router';
import * as servers from './servers';
import * as sound from './sound';
import { age, at, clock } from './time';
import type { Me } from './types';

export function theme(name?: string): string {
  if (name) localStorage.setItem('theme', name);
  const chosen = localStorage.getItem('theme') ?? 'dark';
  document.documentElement.dataset.theme = chosen;
  document.dispatchEvent(new Event('theme'));
  return chosen;
}

/** `seen` stand in the frame, `more` in the menu with one's name. */
export interface Tools { seen: HTMLElement[]; more: HTMLElement[]; update(): void }

/** Buttons for sound, mute, notifications, theme and language. `redraw` after what changes every word. */
export function tools(redraw: () => void): Tools {
  const hear = h('button', { class: 'hear', onclick: () => void sound.allow().then(update) });
  const mute = h('button', { class: 'mute', onclick: () => { if (alarm.isMuted()) alarm.unmute(); else alarm.mute(); update(); } });
  const tell = h('button', { onclick: () => void alarm.askToNotify().then(update) }, t('notify.allow'));
  const light = h('button', { onclick: () => { theme(theme() === 'dark' ? 'light' : 'dark'); update(); } });
  const speak = h('button', { lang: other(), onclick: () => { load(other()); redraw(); } }, t('language.other'));
  function update(): void {
    hear.hidden = sound.ready();
    hear.classList.add('off');
    say(hear, t('sound.off'));
    const muted = alarm.isMuted();
    mute.hidden = !sound.ready();
    mute.classList.toggle('off', muted);
    mute.setAttribute('aria-pressed', String(muted));
    say(mute, muted ? t('sound.muted', { time: age(Date.now(), alarm.muteEnds()) }) : t('sound.mute'));
    tell.hidden = !alarm.canNotify();
    say(light, t(theme0() === 'dark' ? 'theme.light' : 'theme.dark'));
  }
  update();
  return { seen: [hear, mute, speak], more: [tell, light], update };
}

const theme0 = (): string => document.documentElement.dataset.theme ?? 'dark';

const groups: [Page['group'], string][] = [['lighting', 'nav.groupLighting'], ['city', 'nav.groupCity'], ['admin', 'nav.groupAdmin']];

/** Pages that are watched stand in a row; the others in two menus. */
export function navigation(pages: Page[], me: Me): HTMLElement {
  const link = (page: Page): Child => h('a', { href: `#/${page.route}`, 'data-route': page.route }, t(page.nav!));
  const shown = pages.filter(page => page.nav && mayOpen(page, me));
  return h('nav', { 'aria-label': t('nav.title') },
    shown.filter(page => page.group === 'watch').map(link),
    groups.map(([group, key]) => {
      const inside = shown.filter(page => page.group === group);
      return inside.length ? h('details', { class: 'menu', name: 'menu' }, h('summary', {}, t(key)), h('div', { class: 'menu-box' }, inside.map(link))) : null;
    }));
}

/** Marks where one is, and closes the menus. */
export function here(route: string | undefined): void {
  for (const a of document.querySelectorAll<HTMLAnchorElement>('nav a')) {
    const is = a.dataset.route === route;
    a.classList.toggle('here', is);
    if (is) a.setAttribute('aria-current', 'page'); else a.removeAttribute('aria-current');
  }
  for (const menu of document.querySelectorAll<HTMLDetailsElement>('header details')) {
    menu.open = false;
    menu.classList.toggle('here', menu.querySelector('.here') !== null);
  }
}

const keysOf = ['a', 'arrows', 'space', 'enter', 'm', 'f', 'w', 'slash', 'escape', 'help'];

/** Every key, in a dialog; the same key or Escape closes it. */
export function help(): void {
  const there = document.querySelector<HTMLDialogElement>('dialog.help');
  if (there) { there.close(); return; }
  const close = h('button', { class: 'ack', onclick: (): void => box.close() }, t('keys.close'));
  const box: HTMLDialogElement = h('dialog', { class: 'help', 'aria-label': t('keys.title') }, h('h2', {}, t('keys.title')),
    h('dl', { class: 'keys' }, keysOf.map(key => h('div', {}, h('dt', {}, h('kbd', {}, t(`keys.${key}.key`))), h('dd', {}, t(`keys.${key}.what`))))), close);
  box.addEventListener('close', () => box.remove());
  box.addEventListener('keydown', (event: KeyboardEvent) => { if (event.key === '?') { event.preventDefault(); event.stopPropagation(); box.close(); } });
  document.body.append(box);
  box.showModal();
  close.focus();
}

const warnBefore = 30 * 60e3; // ms

/** Each second: who sits here, and that their session is about to end. */
export function tick(me: Me, now: number): void {
  const box = document.querySelector('header .who');
  if (!box) return;
  const ends = at(me.expires), ending = ends > 0 && ends - now < warnBefore;
  say(box, ending ? `${me.user} · ${t('login.ending', { time: age(now, ends) })}` : me.user);
  box.classList.toggle('bad', ending);
}

/** Which server this is, where there are several: two consoles on one desk look alike. */
export const serverName = (): HTMLElement => h('span', { class: 'server-name' }, nameOf());
export const nameOf = (): string => servers.name() && t('servers.here', { name: servers.name() });

/** Fills the frame. */
export function frame(app: HTMLElement, parts: { me: Me; pages: Page[]; tools: Tools; list: HTMLElement; view: HTMLElement; leave: () => void }): void {
  const { me, pages, list, view } = parts;
  put(app,
    h('header', { class: 'top' },
      h('a', { class: 'brand', href: '#/' }, 'SmartCity.IoT', serverName()),
      navigation(pages, me),
      h('span', { class: 'clock' }, clock(Date.now())),
      h('span', { class: 'tools' }, parts.tools.seen,
        h('details', { class: 'menu me' }, h('summary', {}, h('span', { class: 'who' }, me.user)),
          h('div', { class: 'menu-box' }, parts.tools.more, h('button', { onclick: parts.leave }, t(me.csrf ? 'login.out' : 'login.in')))))),
    h('div', { class: 'desk' }, list, view),
    h('footer', {}, h('span', {}, t('keys.help')), h('button', { class: 'plain', onclick: help }, t('keys.more'), h('kbd', {}, '?'))));
}
