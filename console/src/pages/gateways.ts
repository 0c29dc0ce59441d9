// Gateways: who is connected, who is enrolled and until when; codes that let one in, once.
import { Refusal, all, call, get } from '../core/api';
import { ask, askText, copyable, showOnce } from '../core/ask';
import { h, notice, put, type Child } from '../core/dom';
import { age, moment, number, t, timeFormat, word } from '../core/i18n';
import type { Ctx, Page } from '../core/router';
import { table } from '../core/table';

interface Gateway {
  id: string; name?: string | null; street?: string | null; zone?: string | null; connected?: boolean | null; server?: string | null; enrolled: boolean; state: string;
  certificateExpires?: string | null; codeExpires?: string | null; desiredVersion?: number | null; desiredFault?: string | null;
  reportedVersion?: number | null; reportedAt?: string | null; refusedVersion?: number | null; refusedWhy?: string | null; lamps?: unknown[];
}

interface Code { gateway: string; code: string; expiresAt: string; caFingerprint: string }

/** A certificate that ends sooner is said so: a gateway renews its own four months before. */
const soon = 30 * 86_400_000;

export const page: Page = {
  route: 'gateways',
  nav: 'nav.gateways',
  group: 'admin',
  roles: ['technician', 'admin'],
  async show(box, [id], ctx) {
    if (id) await one(box, id, ctx); else await list(box, ctx);
  },
};

const online = (g: Gateway): Child => (g.connected == null ? h('span', { class: 'tag calm' }, g.server ? t('look.unanswered', { server: g.server }) : t('gateways.unknown'))
  : g.connected ? [h('span', { class: 'tag good' }, t('gateways.online')), g.server ? h('span', { class: 'more' }, ` ${t('gateways.at', { server: g.server })}`) : null] : h('span', { class: 'tag bad' }, t('gateways.offline')));

function certificate(g: Gateway): Child {
  const end = g.certificateExpires ? Date.parse(g.certificateExpires) : 0;
  if (!end) return h('span', { class: 'tag warn' }, t('gateways.notEnrolled'));
  if (end <= Date.now()) return h('span', { class: 'tag bad' }, t('gateways.expired', { when: moment(end) }));
  return [h('span', { class: end - Date.now() < soon ? 'tag warn' : 'tag good' }, t('gateways.enrolled')), ' ', t('gateways.until', { when: timeFormat({ dateStyle: 'medium' }).format(end) })];
}

const open = (g: Gateway): Child => (g.codeExpires && Date.parse(g.codeExpires) > Date.now() ? t('gateways.codeOpen', { time: age(Date.now(), Date.parse(g.codeExpires)) }) : '–');

async function list(box: HTMLElement, ctx: Ctx): Promise<void> {
  const says = h('p', { class: 'large', role: 'status' });
  const found = h('div');
  const only = h('input', { type: 'checkbox' });
  const fresh = async (): Promise<void> => {
    const id = await askText(t('gateways.new'), [t('gateways.newWhat')], t('registry.head.id'), t('gateways.giveCode'), { maxlength: 63, pattern: '[a-z0-9_\\-]+', spellcheck: false });
    if (id) await giveCode('/api/v1/gateways', { id }, load);
  };
  put(box, h('h2', {}, t('gateways.title')), says, h('div', { class: 'tools' }, h('label', {}, only, ' ', t('gateways.onlyBad')), h('button', { class: 'ack', onclick: () => void fresh() }, t('gateways.new'))), found);
  let rows: Gateway[] = [];
  const draw = (): void => {
    const away = rows.filter(g => g.connected === false).length;
    says.textContent = t('gateways.sum', { n: number(rows.length), online: number(rows.filter(g => g.connected).length), away: number(away), none: number(rows.filter(g => !g.enrolled).length) });
    const match = rows.filter(g => !only.checked || g.connected === false || !g.enrolled).sort((a, b) => Number(a.connected ?? true) - Number(b.connected ?? true) || a.id.localeCompare(b.id));
    put(found, match.length ? table(['gateways.gateway', 'gateways.line', 'gateways.certificate', 'gateways.code'], h('tbody', {}, match.map(g => h('tr', {},
      h('td', { class: 'wrap' }, h('a', { href: `#/gateways/${encodeURIComponent(g.id)}` }, g.name ?? g.id), h('div', { class: 'labels data' }, g.id)),
      h('td', {}, online(g)), h('td', {}, certificate(g)), h('td', {}, open(g)))))) : h('p', { class: 'calm' }, t(rows.length ? 'gateways.allWell' : 'gateways.none')));
  };
  const load = async (): Promise<void> => { rows = await all<Gateway>('/api/v1/gateways', 20_000, ctx.signal); if (!ctx.signal.aborted) draw(); };
  only.addEventListener('change', draw);
  await load();
  ctx.refresh(load, 10);
}

async function one(box: HTMLElement, id: string, ctx: Ctx): Promise<void> {
  const path = `/api/v1/gateways/${encodeURIComponent(id)}`;
  const facts = h('dl', { class: 'facts' });
  const buttons = h('div', { class: 'tools' });
  const title = h('h2', {});
  put(box, h('p', {}, h('a', { href: '#/gateways' }, `← ${t('gateways.title')}`)), title, facts, buttons, h('p', { class: 'more' }, t('gateways.actsWhat')));
  let drawn = '';
  const load = async (): Promise<void> => {
    const g = await get<Gateway>(path, ctx.signal);
    if (ctx.signal.aborted) return;
    const what = g.name ? `${g.name} (${g.id})` : g.id;
    put(title, what, g.state === 'active' ? null : h('span', { class: 'tag calm mark' }, word('service', g.state)));
    const fact = (key: string, value: Child): HTMLElement => h('div', {}, h('dt', {}, t(key)), h('dd', {}, value));
    put(facts, fact('gateways.line', online(g)), fact('gateways.certificate', certificate(g)), fact('gateways.code', open(g)),
      fact('registry.head.street', g.street ?? '–'), fact('registry.head.zone', g.zone ?? '–'),
      fact('gateways.desired', g.desiredVersion == null ? '–' : [number(g.desiredVersion, 0), ' ', g.reportedVersion === g.desiredVersion ? h('span', { class: 'tag good' }, t('gateways.inForce')) : h('span', { class: 'tag warn' }, t('gateways.has', { n: g.reportedVersion ?? '–' }))]),
      g.refusedWhy ? fact('gateways.refused', h('span', { class: 'bad' }, g.refusedWhy)) : null,
      g.desiredFault ? fact('gateways.desiredFault', h('span', { class: 'bad' }, g.desiredFault)) : null);
    if (drawn === g.state) return;
    drawn = g.state;
    put(buttons, g.state !== 'active' ? null : [
      h('button', { class: 'ack', onclick: () => void newCode(g, what, load) }, t('gateways.giveCode')),
      h('button', { onclick: () => void replace(what, path, load) }, t('gateways.replace')),
      h('button', { class: 'careful', onclick: () => void revoke(what, path, load) }, t('gateways.revoke')),
      h('a', { class: 'button', href: `#/registry/gateways/${encodeURIComponent(g.id)}` }, t('gateways.edit'))]);
  };
  await load();
  ctx.refresh(load, 5);
}

async function newCode(g: Gateway, what: string, load: () => Promise<void>): Promise<void> {
  if (g.codeExpires && !await ask(t('gateways.again', { what }), [t('gateways.againWhat')], t('gateways.giveCode'))) return;
  await giveCode('/api/v1/gateways', { id: g.id }, load);
}

async function replace(what: string, path: string, load: () => Promise<void>): Promise<void> {
  if (await ask(t('gateways.replaceTitle', { what }), [t('gateways.replaceWhat')], t('gateways.replaceAct'))) await giveCode(`${path}/replace`, {}, load);
}

async function revoke(what: string, path: string, load: () => Promise<void>): Promise<void> {
  if (!await ask(t('gateways.revokeTitle', { what }), [t('gateways.revokeWhat')], t('gateways.revokeAct'))) return;
  try {
    const done = await call<{ revoked: number }>('POST', `${path}/revoke`, { body: {} });
    notice(t('gateways.revoked', { what, n: done.revoked }));
    await load();
  } catch (error) { failed(error); }
}

const failed = (error: unknown): void => notice(t('form.failed', { status: error instanceof Refusal ? error.status : '–' }), true);

async function giveCode(path: string, body: unknown, load: () => Promise<void>): Promise<void> {
  let code: Code;
  try { code = await call<Code>('POST', path, { body }); } catch (error) {
    notice(error instanceof Refusal && error.status === 400 ? t('fault.field.id') : t('form.failed', { status: error instanceof Refusal ? error.status : '–' }), true);
    return;
  }
  // Gateways speak TLS only: the address of this page when it has that, else the usual port beside it.
  const server = location.protocol === 'https:' ? location.origin : `https://${location.hostname}:8443`;
  const command = `sudo smartcity-edge enrol --server ${server} --gateway ${code.gateway} --ca-fingerprint ${code.caFingerprint}`;
  const shown = copyable(code.code, t('gateways.code'));
  shown.querySelector('code')!.classList.add('large');
  await showOnce(t('gateways.codeFor', { what: code.gateway }), [
    h('p', {}, t('gateways.codeWhat', { when: moment(Date.parse(code.expiresAt)), time: age(Date.now(), Date.parse(code.expiresAt)) })), shown,
    h('p', {}, t('gateways.onSite')), copyable(command, t('gateways.command')), h('p', { class: 'more' }, t('gateways.codeTyped')),
    h('p', {}, t('gateways.fingerprint')), copyable(code.caFingerprint, t('gateways.fingerprint'))]);
  await load();
}
