// Who sits here, and the form that asks. A page reads `me` from its ctx.
import { Refusal, Unanswered, antiForgeryToken, call, get, statusOf } from './api';
import { h, put } from './dom';
import { age, t } from './i18n';
import type { Me } from './types';

let me: Me | null = null;

export const who = (): Me | null => me;

/** Somebody with a session, not somebody who looks around on an open server. */
export const signedIn = (): boolean => Boolean(me?.csrf);

// The server judges each alert; this only hides buttons from those who may never.
const acting = ['operator', 'lighting', 'technician', 'admin'];
export const mayAct = (): boolean => acting.some(role => me?.roles.includes(role));

/** Asks the server who this is. Throws a Refusal of 401 when nobody has signed in. */
export async function ask(): Promise<Me> {
  me = await get<Me>('/api/v1/me');
  antiForgeryToken(me.csrf);
  return me;
}

/**
 * Whether it is still they who sit here: a browser has one sign-in a host, and whoever signs in in another tab, or at another server of the same host, has it.
 * 'same': they signed in anew; 'other': somebody else did; null: nothing has changed, or nobody can say.
 */
export async function look(): Promise<'same' | 'other' | null> {
  const before = me;
  if (!before?.csrf) return null;
  const now = await get<Me>('/api/v1/me').catch(() => null);
  if (!now?.csrf || me !== before || now.csrf === before.csrf) return null;
  me = now;
  antiForgeryToken(me.csrf);
  return now.user === before.user ? 'same' : 'other';
}

/** On a server started with --open whoever is on its machine may look, without a name. */
export async function lookAround(): Promise<Me> {
  await get('/api/v1/alerts?state=open&limit=1');
  me = { user: t('login.open'), roles: [] };
  return me;
}

export function forget(): void { me = null; }

export async function signIn(said: Element, path: string, body: unknown, refused = 'login.wrong'): Promise<boolean> {
  try {
    await call('POST', path, { body });
    await ask();
    return true;
  } catch (error) {
    const status = error instanceof Refusal ? error.status : 0;
    const wait = error instanceof Refusal ? error.waitSeconds : 0;
    if (error instanceof Refusal && error.problem.bookAway) { said.textContent = t('login.bookAway'); return false; }
    if (error instanceof Unanswered) { said.textContent = t('error.unanswered'); return false; }
    said.textContent = t(({ 401: refused, 403: refused, 429: 'login.wait' } as Record<number, string>)[status] ?? 'error.load',
      { status: statusOf(error), time: wait ? age(1, 1 + wait * 1000) : '' });
    return false;
  }
}

export function drawLogin(app: HTMLElement, tools: HTMLElement[], signedIn: () => void): HTMLElement {
  const user = h('input', { name: 'user', autocomplete: 'username', required: true, 'aria-label': t('login.user'), placeholder: t('login.user') });
  const password = h('input', { name: 'password', type: 'password', autocomplete: 'current-password', required: true, 'aria-label': t('login.password'), placeholder: t('login.password') });
  const said = h('p', { class: 'bad', role: 'alert' });
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (await signIn(said, '/api/v1/login', { user: user.value, password: password.value })) signedIn();
  };
  put(app, h('main', { class: 'door' }, h('form', { class: 'login', onsubmit: submit },
    h('h1', {}, 'SmartCity.IoT'), h('p', {}, t('login.what')), user, password, h('button', { class: 'ack' }, t('login.in')), said, h('div', { class: 'tools' }, tools))));
  user.focus();
  return said;
}
