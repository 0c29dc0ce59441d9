// Which page the address names, and how long it lives.
import { Refusal, told } from './api';
import { h, put } from './dom';
import type { Alert, Me } from './types';

export interface Ctx {
  /** Aborted when the page is left: give it to every request. */
  signal: AbortSignal;
  me: Me;
  /** Calls fn every so many seconds while the page is shown and the server is there. A failure is said above the page. */
  refresh(fn: () => unknown, seconds: number): void;
  /** Each alert that the event stream brings, at once. */
  onAlert(fn: (alert: Alert) => void): void;
  /** Goes to an address, such as #/devices/lamp-1. */
  go(address: string): void;
}

export interface Page {
  /** First part of the address: #/flood/args… */
  route: string;
  /** Key of the word in the navigation; null for a page that is reached from others. */
  nav: string | null;
  group: 'watch' | 'lighting' | 'city' | 'admin';
  /** Who sees it in the navigation; without it everybody. The server judges again. */
  roles?: string[];
  /** Draws once, into an empty box, and then updates in place. */
  show(box: HTMLElement, args: string[], ctx: Ctx): void | Promise<void>;
}

export interface Surroundings {
  me(): Me | null;
  lost(): boolean;
  signedOut(): void;
}

export const mayOpen = (page: Page, me: Me): boolean => !page.roles || page.roles.some(role => me.roles.includes(role));

let leave = new AbortController();
let failing = false;
const listeners = new Set<(alert: Alert) => void>();

/** Hands an alert of the stream to the page that is shown. */
export const tell = (alert: Alert): void => listeners.forEach(fn => fn(alert));

export function place(): string[] {
  return location.hash.replace(/^#\/?/, '').split('/').filter(Boolean).map(part => {
    try { return decodeURIComponent(part); } catch { return part; }
  });
}

/** The page that is shown could not get what it asked for. */
export const fails = (): boolean => failing;

/** Leaves the page that is shown. */
export function close(): void {
  leave.abort();
  listeners.clear();
}

/** Draws the page that the address names into `main`; an old answer that comes late finds its page gone. */
export async function show(main: HTMLElement, pages: Page[], around: Surroundings): Promise<void> {
  close();
  const me = around.me();
  if (!me) return;
  const control = leave = new AbortController();
  failing = false;
  const [route, ...args] = place();
  const page = pages.find(p => p.route === route) ?? pages[0]!;
  const fault = h('p', { class: 'bad', role: 'alert', hidden: true });
  const box = h('section', { class: `page page-${page.route}` });
  put(main, fault, box);
  main.dataset.page = page.route;
  main.scrollTop = 0;

  const failed = (error: unknown): void => {
    if (control.signal.aborted) return;
    if (error instanceof Refusal && error.status === 401) { around.signedOut(); return; }
    put(fault, told(error));
    fault.hidden = false;
    failing = true;
  };
  const ctx: Ctx = {
    signal: control.signal,
    me,
    refresh(fn, seconds) {
      let busy = false;
      const timer = setInterval(async () => {
        if (busy || document.hidden || around.lost()) return;
        busy = true;
        try { await fn(); fault.hidden = true; failing = false; } catch (error) { failed(error); } finally { busy = false; }
      }, seconds * 1000);
      control.signal.addEventListener('abort', () => clearInterval(timer));
    },
    onAlert(fn) {
      listeners.add(fn);
      control.signal.addEventListener('abort', () => listeners.delete(fn));
    },
    go(address) { location.hash = address; },
  };
  try {
    await page.show(box, args, ctx);
  } catch (error) {
    failed(error);
  }
}
