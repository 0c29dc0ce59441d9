// Tests, drills and works: for a limited time, on the record.
import { all, call, get } from '../core/api';
import { h, notice, put } from '../core/dom';
import { age, moment, t, word } from '../core/i18n';
import type { Ctx, Page } from '../core/router';
import './maintenance.css';

interface MaintenanceWindow {
  id: string; scope: string; target: string; mode: string; from: string; to: string; note: string | null; by: string;
  endedAt: string | null; endedBy: string | null; state: 'planned' | 'running' | 'ended';
}

const scopes = ['zone', 'street', 'gateway', 'device'];
const modes = ['test', 'drill', 'works'];
const usual: Record<string, number> = { test: 60, drill: 60, works: 480 };
const mayPlan = (ctx: Ctx) => ['operator', 'technician', 'admin'].some(role => ctx.me.roles.includes(role));

export const page: Page = {
  route: 'maintenance',
  nav: 'nav.maintenance',
  group: 'watch',
  async show(box, _args, ctx) {
    const list = h('div');
    const past = h('input', { type: 'checkbox' });
    let drawn = '';
    const load = async () => {
      const windows = await all<MaintenanceWindow>(`/api/v1/maintenance?state=${past.checked ? 'all' : 'current'}`, 500, ctx.signal);
      const now = JSON.stringify(windows);
      if (now === drawn || ctx.signal.aborted) return;
      drawn = now;
      put(list, windows.length ? table(windows, ctx, load) : h('p', { class: 'calm' }, t('maintenance.none')));
    };
    past.addEventListener('change', () => void load());
    put(box, 
      h('h2', {}, t('maintenance.title')), h('p', { class: 'more' }, t('maintenance.what')),
      mayPlan(ctx) ? await form(load) : h('span'),
      h('label', { class: 'tools' }, past, t('maintenance.all')), list);
    await load();
    ctx.refresh(load, 10);
  },
};

function table(windows: MaintenanceWindow[], ctx: Ctx, load: () => Promise<void>) {
  const heads = ['state', 'mode', 'target', 'from', 'to', 'by', 'note'].map(key => h('th', { scope: 'col' }, t(`maintenance.${key}`)));
  return h('div', { class: 'scroll' }, h('table', {}, h('thead', {}, h('tr', {}, heads, h('th', {}, ''))), h('tbody', {}, windows.map(w => h('tr', { class: `window-${w.state}` },
    h('td', {}, h('strong', {}, word('window', w.state)), w.state === 'running' ? h('div', { class: 'more' }, t('maintenance.left', { time: age(Date.now(), Date.parse(w.to)) })) : null),
    h('td', {}, word('mode', w.mode)),
    h('td', {}, `${word('scope', w.scope)} `, h('strong', {}, w.target)),
    h('td', {}, moment(Date.parse(w.from))),
    h('td', {}, moment(Date.parse(w.endedAt ?? w.to))),
    h('td', {}, w.by, w.endedBy && w.endedBy !== w.by ? ` / ${w.endedBy}` : ''),
    h('td', { class: 'wrap' }, w.note ?? ''),
    h('td', {}, w.state !== 'ended' && mayPlan(ctx) ? h('button', { onclick: () => void end(w, load) }, t('maintenance.end')) : null))))));
}

async function end(w: MaintenanceWindow, load: () => Promise<void>) {
  if (!confirm(t('maintenance.confirmEnd'))) return;
  await said(() => call('POST', `/api/v1/maintenance/${encodeURIComponent(w.id)}/end`, { body: {} }));
  await load();
}

async function form(load: () => Promise<void>) {
  const choice = (name: string, values: string[], group: string) =>
    h('select', { name, 'aria-label': t(`maintenance.${name}`) }, values.map(v => h('option', { value: v }, word(group, v))));
  const scope = choice('scope', scopes, 'scope');
  const mode = choice('mode', modes, 'mode');
  const names = h('datalist', { id: 'maintenance-targets' });
  const target = h('input', { list: 'maintenance-targets', required: true, maxlength: 63, 'aria-label': t('maintenance.target'), placeholder: t('maintenance.target') });
  const minutes = h('input', { type: 'number', min: 1, max: 43200, required: true, 'aria-label': t('maintenance.minutes') });
  const note = h('input', { maxlength: 500, 'aria-label': t('maintenance.note'), placeholder: t('maintenance.note') });
  const suggest = async () => {
    const places = await get<{ items: { id: string; name: string | null }[] }>(`/api/v1/${scope.value}s?limit=500`);
    put(names, ...places.items.map(p => h('option', { value: p.id }, p.name ?? p.id)));
  };
  minutes.value = String(usual.test ?? 60);
  mode.addEventListener('change', () => { minutes.value = String(usual[mode.value] ?? 60); });
  scope.addEventListener('change', () => void suggest());
  await suggest();
  return h('form', { class: 'tools maintenance-new', onsubmit: async (event: Event) => {
    event.preventDefault();
    const to = new Date(Date.now() + Number(minutes.value) * 60000).toISOString();
    const done = await said(() => call('POST', '/api/v1/maintenance', { body: { scope: scope.value, target: target.value, mode: mode.value, to, note: note.value || undefined } }));
    if (done) { target.value = note.value = ''; await load(); }
  } }, named('mode', mode), named('scope', scope), named('target', target), names, named('minutes', minutes), named('note', note),
  h('button', { class: 'ack' }, t('maintenance.start')), h('p', { class: 'more' }, t('maintenance.limit')));
}

/** A field under its name: what a placeholder says is gone once somebody types. */
const named = (key: string, field: HTMLElement) => h('label', { class: 'maintenance-field' }, h('span', { class: 'more' }, t(`maintenance.${key}`)), field);

async function said(work: () => Promise<unknown>) {
  try {
    await work();
    notice(t('maintenance.done'));
    return true;
  } catch (error) {
    notice((error as Error).message, true);
    return false;
  }
}
