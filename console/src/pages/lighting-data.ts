// Programmes, calendars and what they are in force for, as the server has them; what pages of the lighting operator share.
import { Refusal, all, call, get, messageOf } from '../core/api';
import { h, notice } from '../core/dom';
import { faultText, type Fault } from '../core/form';
import { t } from '../core/i18n';
import type { Ctx } from '../core/router';
import type { Page as List } from '../core/types';


export interface Point { at: string; level: number; rampSeconds?: number | null }
interface Kept { id: string; name: string | null; revision: number; changedBy: string; changedAt: string; usedBy: string[] }
export interface Programme extends Kept { points: Point[] }
export interface Rule { programme: string; from?: string | null; to?: string | null; weekdays?: string[] | null; nth?: number[] | null; holidays?: string | null }
export interface Calendar extends Kept { default: string | null; rules: Rule[]; lamps: number }
export interface Holidays extends Kept { dates: string[] }
export interface Setting { scope: string; name: string; calendar: string | null; minimum: number | null; lamps: number; following: number; revision: number }
export interface Street { id: string; name?: string | null; ward?: string | null }

const root = '/api/v1/lighting';
export type Kind = 'programmes' | 'calendars' | 'holidays';

export const list = async <T>(kind: Kind | 'settings', signal?: AbortSignal): Promise<T[]> => (await get<List<T>>(`${root}/${kind}`, signal)).items;
export const one = <T>(kind: Kind, id: string, signal?: AbortSignal): Promise<T> => get<T>(`${root}/${kind}/${encodeURIComponent(id)}`, signal);
/** Saves; without a revision it must not be there yet. */
export const save = <T>(kind: Kind, id: string, body: unknown, revision: number | null): Promise<T> =>
  call<T>('PUT', `${root}/${kind}/${encodeURIComponent(id)}`, { body, ...(revision === null ? { fresh: true } : { revision }) });
export const remove = (kind: Kind, id: string, revision: number): Promise<unknown> => call('DELETE', `${root}/${kind}/${encodeURIComponent(id)}`, { revision });

/** The lighting operator's to change; the others look. The server judges again. */
export const mayEdit = (ctx: Ctx): boolean => ctx.me.roles.some(role => role === 'lighting' || role === 'admin');
export const onlyLook = (ctx: Ctx): HTMLElement | null => (mayEdit(ctx) ? null : h('p', { class: 'more only-look' }, t('lighting.onlyLook')));

export const nameOf = (one: { id: string; name: string | null }): string => one.name ?? one.id;

/** An identifier made of a name: Đường phố → duong-pho. */
export const identifier = (name: string): string =>
  name.normalize('NFD').replace(/\p{M}/gu, '').replace(/[\u0110\u0111]/g, 'd').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 63);

/** The same name with a number behind it that nobody has. */
export function free(id: string, taken: string[]): string {
  const base = id || 'x';
  if (!taken.includes(base)) return base;
  for (let n = 2; ; n++) if (!taken.includes(`${base.slice(0, 58)}-${n}`)) return `${base.slice(0, 58)}-${n}`;
}

/** The city and its streets, for who asks where the sun is. */
export async function places(signal: AbortSignal): Promise<[string, string][]> {
  const streets = await all<Street>('/api/v1/streets?state=active', 2000, signal);
  return [['city', t('lighting.city')], ...streets.map((street): [string, string] => [`street/${street.id}`, street.name ?? street.id]).sort((a, b) => a[1].localeCompare(b[1], 'vi'))];
}

// What the server's reader says, and its key here.
const sayings: [RegExp, string][] = [
  [/comes before the fixed time ahead of it/, 'light-order'],
  [/write 22:30, sunset/, 'light-at'],
  [/(is no number from 0 to 100$|0 to 100 percent|between 0 and 100)/, 'light-level'],
  [/(is no number from 0 to 21600|0 to 21600)/, 'light-ramp'],
  [/^1 to 48 of them/, 'light-points'],
  [/; at most \d+$/, 'light-many'],
  [/there is no (programme|list) |programme: missing|^missing$/, 'light-choose'],
  [/is no date; write/, 'light-date'],
  [/is no day of a year/, 'light-day'],
  [/is before /, 'light-before'],
  [/needs weekdays/, 'light-weekdays'],
];

/** A refusal as the faults of fields, in the screen's own words where there are some; null for what is no refusal of the content. */
export function faultsOf(error: unknown): Fault[] | null {
  if (!(error instanceof Refusal) || error.status !== 400) return null;
  const told = Array.isArray(error.problem.errors) ? error.problem.errors as Fault[]
    : typeof error.problem.field === 'string' ? [{ row: 1, id: '', field: error.problem.field, message: messageOf(error) }] : null;
  return told?.map(fault => ({ ...fault, code: sayings.find(([pattern]) => pattern.test(fault.message))?.[1] ?? null })) ?? null;
}

/** Puts each fault beside its field: `[data-field="points[1].at"]` or the nearest that holds it; what belongs to none stands above. */
export function tellFaults(form: HTMLElement, above: HTMLElement, faults: Fault[]): void {
  for (const marked of form.querySelectorAll('[aria-invalid]')) marked.removeAttribute('aria-invalid');
  for (const said of form.querySelectorAll('.fault')) said.textContent = '';
  const rest: string[] = [];
  for (const fault of faults) {
    let field = fault.field, input: Element | null = null;
    while (field && !(input = form.querySelector(`[data-field="${CSS.escape(field)}"]`))) field = field.includes('.') || field.includes('[') ? field.replace(/(\.[^.[]*|\[\d+\])$/, '') : '';
    const said = input?.closest('[data-faults]')?.querySelector('.fault');
    if (!input || !said) { rest.push(faultText(fault)); continue; }
    input.setAttribute('aria-invalid', 'true');
    said.textContent = [said.textContent, faultText(fault)].filter(Boolean).join(' ');
  }
  above.replaceChildren(...rest.map(text => h('p', { class: 'bad' }, text)));
}

/** Asks again and again without asking twice at once: the last wish is what is asked for when the answer is here. */
export function latest(work: () => Promise<void>, wait: number, signal: AbortSignal): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined, running = false, again = false;
  const run = async (): Promise<void> => {
    if (running) { again = true; return; }
    running = true;
    try { await work(); } finally { running = false; }
    if (again && !signal.aborted) { again = false; void run(); }
  };
  signal.addEventListener('abort', () => clearTimeout(timer));
  // What is under way is not put off by what comes after it: a hand that goes on dragging sees the line follow.
  return () => { if (!signal.aborted) timer ??= setTimeout(() => { timer = undefined; void run(); }, wait); };
}

/** Draws an editor anew, with what the server has now; whoever has left the page meanwhile is told nothing. */
export function anew(drawn: Promise<void>, ctx: Ctx): void {
  drawn.catch(error => { if (!ctx.signal.aborted) notice(t('lighting.failed', { status: error instanceof Refusal ? error.status : '–' }), true); });
}

/** What is said when saving or removing did not go; `again` opens what the one who was first has saved. */
export function refusedSave(error: unknown, form: HTMLElement, above: HTMLElement, again: () => void): void {
  const faults = faultsOf(error);
  if (faults) {
    tellFaults(form, above, faults);
    (form.querySelector<HTMLElement>('[aria-invalid]') ?? above).scrollIntoView({ block: 'nearest' });
    form.querySelector<HTMLElement>('[aria-invalid]')?.focus();
    return;
  }
  if (error instanceof Refusal && error.status === 409) {
    const { by, at, code, usedBy } = error.problem;
    above.replaceChildren(h('p', { class: 'bad' }, code === 'used' ? t('lighting.used', { who: (usedBy as string[]).join(', ') })
      : t('lighting.first', { who: by ?? '–', when: at ? new Date(at).toLocaleTimeString() : '–' }), ' ', code === 'used' ? '' : h('button', { type: 'button', onclick: again }, t('lighting.reload'))));
    above.scrollIntoView({ block: 'nearest' });
    return;
  }
  notice(t('lighting.failed', { status: error instanceof Refusal ? error.status : '–' }), true);
}

export const tag = (text: string, kind = 'calm'): HTMLElement => h('span', { class: `tag ${kind}` }, text);
