// Who may sign in, programs' keys, and wall displays.
import { Refusal, all, call } from '../core/api';
import { ask, copyable, dialog, showOnce } from '../core/ask';
import { h, notice, put } from '../core/dom';
import { choice, clear, field, refused, text, type Field } from '../core/form';
import { age, moment, t, word } from '../core/i18n';
import type { Ctx, Page } from '../core/router';
import { table } from '../core/table';
import './people.css';

interface User { name: string; roles: string[]; disabled: boolean; hasPassword: boolean; createdAt: string; changedAt: string }
interface Key { id: string; name: string; scopes: string[]; createdBy: string; createdAt: string; expiresAt?: string | null; usedAt?: string | null; revokedAt?: string | null }

const roles = ['viewer', 'operator', 'lighting', 'technician', 'admin'];
const scopes = ['read', 'mqtt:read', 'alerts', 'registry', 'write:*'];

export const page: Page = {
  route: 'people',
  nav: 'nav.people',
  group: 'admin',
  roles: ['admin'],
  async show(box, [tab = 'users'], ctx) {
    const body = h('div');
    put(box, h('h2', {}, t('people.title')), h('div', { class: 'tabs', role: 'navigation', 'aria-label': t('people.title') },
      ['users', 'walls', 'keys'].map(name => h('a', { href: `#/people/${name}`, 'aria-current': name === tab ? 'page' : null }, t(`people.tab.${name}`)))), body);
    await (tab === 'keys' ? keys(body, ctx) : users(body, ctx, tab === 'walls'));
  },
};

const userPath = (name: string): string => `/api/v1/users/${encodeURIComponent(name)}`;
const failed = (error: unknown): void => notice(error instanceof Refusal && error.status === 409 ? t('people.conflict') : t('form.failed', { status: error instanceof Refusal ? error.status : '–' }), true);

async function users(box: HTMLElement, ctx: Ctx, walls: boolean): Promise<void> {
  const list = h('div');
  put(box, h('p', { class: 'more' }, t(walls ? 'people.wallsWhat' : 'people.usersWhat')),
    h('div', { class: 'tools' }, h('button', { class: 'ack', onclick: () => void edit(null, walls, load) }, t(walls ? 'people.newWall' : 'people.newUser'))), list);
  const load = async (): Promise<void> => {
    const rows = (await all<User>('/api/v1/users', 2000, ctx.signal)).filter(u => u.roles.includes('wall') === walls);
    put(list, rows.length ? table(['people.name', walls ? 'people.state' : 'people.roles', 'people.changed', 'people.acts'], h('tbody', {}, rows.map(u => h('tr', { class: u.disabled ? 'disabled' : '' },
      h('td', {}, h('strong', {}, u.name), u.name === ctx.me.user ? h('span', { class: 'tag calm mark' }, t('people.you')) : null),
      h('td', { class: 'wrap' }, walls ? null : u.roles.map(r => h('span', { class: 'tag' }, word('role', r))),
        u.disabled ? h('span', { class: 'tag bad' }, t('people.disabled')) : walls ? h('span', { class: 'tag good' }, t('people.inForce')) : null,
        u.hasPassword || walls ? null : h('span', { class: 'tag warn' }, t('people.noPassword'))),
      h('td', {}, moment(Date.parse(u.changedAt))),
      h('td', {}, h('div', { class: 'tools' },
        walls && !u.disabled ? h('button', { class: 'ack', onclick: () => void wallCode(u) }, t('people.wallCode')) : null,
        walls ? null : h('button', { onclick: () => void edit(u, false, load) }, t('people.edit')),
        u.name === ctx.me.user ? null : [
          h('button', { onclick: () => void disable(u, load) }, t(u.disabled ? 'people.enable' : 'people.disable')),
          h('button', { class: 'careful', onclick: () => void remove(u, load) }, t('people.remove'))])))))) : h('p', { class: 'calm' }, t(walls ? 'people.noWalls' : 'people.noUsers')));
  };
  await load();
}

async function edit(user: User | null, wall: boolean, load: () => Promise<void>): Promise<void> {
  const done = await dialog<boolean>(user ? t('people.editTitle', { name: user.name }) : t(wall ? 'people.newWall' : 'people.newUser'), close => {
    const name = text({ value: user?.name ?? '', readonly: user !== null, required: true, maxlength: 63, pattern: '[a-z0-9_.@\\-]+', spellcheck: false, autofocus: user === null });
    const password = text({ type: 'password', autocomplete: 'new-password', maxlength: 256 });
    const boxes = roles.map(role => ({ role, input: h('input', { type: 'checkbox', name: `role-${role}`, checked: user?.roles.includes(role) ?? role === 'viewer' }) }));
    const fields: Field[] = [field('name', t('people.name'), name, user ? null : t('people.nameHint')), field('password', t('people.password'), password, t(user ? 'people.passwordKeep' : 'people.passwordHint'))];
    const above = h('div', { class: 'above', 'aria-live': 'polite' });
    const save = async (event: Event): Promise<void> => {
      event.preventDefault();
      clear(fields, above);
      try {
        await call('PUT', userPath(name.value), { body: { roles: wall ? ['wall'] : boxes.filter(b => b.input.checked).map(b => b.role), password: password.value || undefined, disabled: user?.disabled ?? false } });
        close(true);
      } catch (error) {
        if (error instanceof Refusal && !error.problem.field) put(above, h('p', { class: 'bad' }, t(error.status === 409 ? 'people.conflict' : error.status === 400 ? 'people.noRole' : 'form.failed', { status: error.status })));
        else refused(error, fields, above);
      }
    };
    return [h('form', { onsubmit: save, novalidate: true }, above, fields[0]!.box, wall ? null : [
      h('fieldset', { class: 'roles' }, h('legend', {}, t('people.roles')), boxes.map(b => h('label', {}, b.input, h('span', {}, h('b', {}, word('role', b.role)), h('span', { class: 'more' }, t(`people.may.${b.role}`)))))),
      fields[1]!.box],
    h('div', { class: 'tools ends' }, h('button', { type: 'button', onclick: () => close(null) }, t('ask.leave')), h('button', { class: 'ack' }, t('registry.save'))))];
  });
  if (done) { notice(t('people.saved')); await load(); }
}

async function disable(u: User, load: () => Promise<void>): Promise<void> {
  if (!u.disabled && !await ask(t('people.disableTitle', { name: u.name }), [t('people.disableWhat')], t('people.disable'))) return;
  try { await call('PUT', userPath(u.name), { body: { roles: u.roles, disabled: !u.disabled } }); await load(); } catch (error) { failed(error); }
}

async function remove(u: User, load: () => Promise<void>): Promise<void> {
  if (!await ask(t('people.removeTitle', { name: u.name }), [t('people.removeWhat')], t('people.removeAct', { name: u.name }))) return;
  try { await call('DELETE', userPath(u.name)); notice(t('people.removed', { name: u.name })); await load(); } catch (error) { failed(error); }
}

async function wallCode(u: User): Promise<void> {
  try {
    const made = await call<{ code: string; expiresAt: string }>('POST', `${userPath(u.name)}/code`, { body: {} });
    await showOnce(t('people.wallFor', { name: u.name }), [
      h('p', {}, t('people.wallHow', { when: moment(Date.parse(made.expiresAt)), time: age(Date.now(), Date.parse(made.expiresAt)) })),
      copyable(`${location.origin}${location.pathname}#code=${made.code}`, t('people.wallLink'))]);
  } catch (error) { failed(error); }
}

async function keys(box: HTMLElement, ctx: Ctx): Promise<void> {
  const list = h('div');
  const past = h('input', { type: 'checkbox' });
  put(box, h('p', { class: 'more' }, t('people.keysWhat')), h('div', { class: 'tools' }, h('button', { class: 'ack', onclick: () => void newKey(load) }, t('people.newKey')), h('label', {}, past, ' ', t('people.pastKeys'))), list);
  const inForce = (k: Key): boolean => !k.revokedAt && !(k.expiresAt && Date.parse(k.expiresAt) <= Date.now());
  const load = async (): Promise<void> => {
    const rows = (await all<Key>('/api/v1/keys', 5000, ctx.signal)).filter(k => past.checked || inForce(k));
    put(list, rows.length ? table(['people.key', 'people.scopes', 'people.made', 'people.used', 'people.ends', 'people.acts'], h('tbody', {}, rows.map(k => h('tr', { class: inForce(k) ? '' : 'disabled' },
      h('td', { class: 'wrap' }, h('strong', {}, k.name), h('div', { class: 'labels data' }, k.id)),
      h('td', { class: 'wrap' }, k.scopes.map(s => h('span', { class: 'tag data' }, s))),
      h('td', {}, moment(Date.parse(k.createdAt)), h('div', { class: 'labels' }, k.createdBy)),
      h('td', {}, k.usedAt ? moment(Date.parse(k.usedAt)) : t('age.never')),
      h('td', {}, k.revokedAt ? h('span', { class: 'tag bad' }, t('people.revokedAt', { when: moment(Date.parse(k.revokedAt)) })) : k.expiresAt ? moment(Date.parse(k.expiresAt)) : t('people.noEnd')),
      h('td', {}, inForce(k) ? h('button', { class: 'careful', onclick: () => void revokeKey(k, load) }, t('people.revoke')) : null))))) : h('p', { class: 'calm' }, t('people.noKeys')));
  };
  past.addEventListener('change', () => void load());
  await load();
}

async function revokeKey(k: Key, load: () => Promise<void>): Promise<void> {
  if (!await ask(t('people.revokeTitle', { name: k.name }), [t('people.revokeWhat')], t('people.revokeAct', { name: k.name }))) return;
  try { await call('DELETE', `/api/v1/keys/${encodeURIComponent(k.id)}`); notice(t('people.keyRevoked', { name: k.name })); await load(); } catch (error) { failed(error); }
}

async function newKey(load: () => Promise<void>): Promise<void> {
  const made = await dialog<{ name: string; key: string }>(t('people.newKey'), close => {
    const name = text({ required: true, maxlength: 100, autofocus: true });
    const device = text({ maxlength: 63, spellcheck: false });
    const life = choice([['90', t('people.life.90')], ['365', t('people.life.365')], ['', t('people.life.none')]], '365');
    const boxes = scopes.map(scope => ({ scope, input: h('input', { type: 'checkbox', name: `scope-${scope}`, checked: scope === 'read' }) }));
    const fields: Field[] = [field('name', t('people.keyName'), name, t('people.keyNameHint')), field('device', t('people.keyDevice'), device, t('people.keyDeviceHint')), field('expiresAt', t('people.ends'), life)];
    const above = h('div', { class: 'above', 'aria-live': 'polite' });
    const save = async (event: Event): Promise<void> => {
      event.preventDefault();
      clear(fields, above);
      const chosen = [...boxes.filter(b => b.input.checked).map(b => b.scope), ...(device.value.trim() ? [`write:${device.value.trim()}`] : [])];
      try {
        close(await call<{ name: string; key: string }>('POST', '/api/v1/keys', { body: { name: name.value, scopes: chosen, expiresAt: life.value ? new Date(Date.now() + Number(life.value) * 86_400_000).toISOString() : undefined } }));
      } catch (error) {
        if (error instanceof Refusal && error.problem.field === 'scopes') put(above, h('p', { class: 'bad' }, t('people.noScope')));
        else refused(error, fields, above);
      }
    };
    return [h('form', { onsubmit: save, novalidate: true }, above, fields[0]!.box,
      h('fieldset', { class: 'roles' }, h('legend', {}, t('people.scopes')), boxes.map(b => h('label', {}, b.input, h('span', {}, h('b', { class: 'data' }, b.scope), h('span', { class: 'more' }, t(`people.scope.${b.scope.replace(/\W/g, '-')}`)))))),
      fields[1]!.box, fields[2]!.box,
      h('div', { class: 'tools ends' }, h('button', { type: 'button', onclick: () => close(null) }, t('ask.leave')), h('button', { class: 'ack' }, t('people.makeKey'))))];
  });
  if (!made) return;
  await showOnce(t('people.keyFor', { name: made.name }), [h('p', {}, t('people.keyHow')), copyable(made.key, t('people.key'))]);
  await load();
}
