// Who else is told of alerts, how each receiver fares, and what it would not take.
import { call, get, messageOf, Refusal } from '../core/api';
import { ask, copyable, showOnce } from '../core/ask';
import { h, notice, put, say } from '../core/dom';
import { has, moment, number, t, word } from '../core/i18n';
import type { Ctx, Page } from '../core/router';
import { table } from '../core/table';
import { age, at } from '../core/time';
import type { Page as List } from '../core/types';
import './webhooks.css';

interface Webhook {
  id: string; name: string; url: string; kinds: string[] | null; minimumSeverity: string | null; steps: string[] | null; enabled: boolean;
  state: 'ok' | 'failing' | 'off'; behind: number; dead: number; delivered: number; lastDeliveredAt: string | null; lastStatus: number | null;
  lastError: string | null; failingSince: string | null; createdBy: string; revision: number;
}

interface Delivery {
  event: number; alert: string; kind: string; what: string; at: string; state: string; attempts: number | null; diedAt: string | null; status: number | null; error: string | null;
}

type Body = Pick<Webhook, 'name' | 'url' | 'kinds' | 'minimumSeverity' | 'steps' | 'enabled'>;

const severities = ['info', 'minor', 'major', 'critical'];
export const alertKinds = ['fire', 'fire-prealarm', 'fire-fault', 'flood', 'flood-rise', 'rain', 'air', 'gas', 'silence', 'battery', 'power', 'lamp', 'door', 'manhole', 'device-fault'];
const steps = ['raised', 'updated', 'escalated', 'acknowledged', 'in-progress', 'assigned', 'cleared', 'resolved', 'closed', 'reopened', 'siren-silenced', 'reset', 'handed-over', 'live', 'note'];
const address = (id: string) => `/api/v1/webhooks/${encodeURIComponent(id)}`;

export const page: Page = {
  route: 'webhooks',
  nav: 'nav.webhooks',
  group: 'admin',
  roles: ['admin'],
  show: (box, args, ctx) => args[0] ? showOne(box, args[0], ctx) : showAll(box, ctx),
};

async function showAll(box: HTMLElement, ctx: Ctx) {
  const list = h('div', { class: 'hooks' });
  const none = h('p', { class: 'calm', hidden: true }, t('webhooks.none'));
  const cards = new Map<string, ReturnType<typeof card>>();
  const load = async () => {
    const { items } = await get<List<Webhook>>('/api/v1/webhooks', ctx.signal);
    none.hidden = items.length > 0;
    for (const [id, one] of cards) if (!items.some(i => i.id === id)) { one.element.remove(); cards.delete(id); }
    for (const item of items) {
      const known = cards.get(item.id);
      if (known) known.update(item);
      else {
        const made = card(item, ctx, load);
        cards.set(item.id, made);
        list.append(made.element);
      }
    }
  };
  const add = h('details', { class: 'hook-new' }, h('summary', {}, t('webhooks.new')));
  const fresh = () => put(add, h('summary', {}, t('webhooks.new')), form(null, async body => {
    const made = await call<Webhook & { secret: string }>('POST', '/api/v1/webhooks', { body });
    add.open = false;
    fresh();
    await load();
    await showSecret(made.name, made.secret);
  }));
  fresh();
  put(box, h('h2', {}, t('webhooks.title')), h('p', { class: 'more' }, t('webhooks.what')), add, none, list);
  await load();
  ctx.refresh(load, 5);
}

function card(first: Webhook, ctx: Ctx, load: () => Promise<void>) {
  let now = first;
  const fact = (key: string) => {
    const value = h('dd', {});
    return { value, element: h('div', {}, h('dt', {}, t(`webhooks.${key}`)), value) };
  };
  const [title, state, where, filter, trouble] = [h('h3', {}), h('span', { class: 'hook-state' }), h('p', { class: 'data' }), h('p', { class: 'more' }), h('p', { class: 'bad', hidden: true })];
  const [behind, dead, delivered, last] = [fact('behind'), fact('dead'), fact('delivered'), fact('last')];
  const edit = h('div', {});
  const change = (body: Partial<Body>) => call('PUT', address(now.id), { body: { ...bodyOf(now), ...body }, revision: now.revision });
  const toggle = h('button', { onclick: () => void said(async () => { await change({ enabled: !now.enabled }); await load(); }) });
  const element = h('article', { class: 'hook' },
    h('header', { class: 'hook-head' }, title, state), where, filter, trouble,
    h('dl', { class: 'facts' }, behind.element, dead.element, delivered.element, last.element),
    h('div', { class: 'tools' },
      h('button', { class: 'ack', onclick: () => void test(now) }, t('webhooks.test')),
      h('button', { onclick: () => ctx.go(`#/webhooks/${encodeURIComponent(now.id)}`) }, t('webhooks.deliveries')),
      h('button', { onclick: () => put(edit, edit.firstChild ? null : form(now, async body => { await change(body); put(edit); await load(); })) }, t('webhooks.edit')),
      toggle,
      h('button', { onclick: () => void said(async () => {
        if (!await ask(t('webhooks.newSecret'), [t('webhooks.confirmSecret', { name: now.name })], t('webhooks.newSecret'))) return;
        await showSecret(now.name, (await call<{ secret: string }>('POST', `${address(now.id)}/secret`)).secret);
      }, null) }, t('webhooks.newSecret')),
      h('button', { class: 'off', onclick: () => void said(async () => {
        if (!await ask(t('webhooks.remove'), [t('webhooks.confirmRemove', { name: now.name })], t('webhooks.remove'))) return;
        await call('DELETE', address(now.id));
        await load();
      }, null) }, t('webhooks.remove'))),
    edit);
  const update = (view: Webhook) => {
    now = view;
    say(title, view.name);
    say(state, t(`webhooks.state.${view.state}`));
    element.dataset.state = view.state;
    say(where, view.url);
    say(filter, filterText(view));
    trouble.hidden = view.state !== 'failing';
    if (view.failingSince) {
      const words = `${t('webhooks.failing', { time: age(at(view.failingSince)) })} ${fault(view.lastStatus, view.lastError)}`;
      say(trouble, words);
      trouble.title = view.lastError ?? '';
    }
    say(behind.value, waiting(view));
    say(dead.value, number(view.dead));
    dead.value.className = view.dead ? 'bad' : '';
    say(delivered.value, number(view.delivered));
    last.value.dataset.age = String(at(view.lastDeliveredAt) || '');
    last.value.title = view.lastDeliveredAt ? moment(at(view.lastDeliveredAt)) : '';
    say(last.value, age(at(view.lastDeliveredAt)));
    say(toggle, t(view.enabled ? 'webhooks.off' : 'webhooks.on'));
  };
  update(first);
  return { element, update };
}

async function test(hook: Webhook) {
  try {
    const result = await call<{ delivered: boolean; status: number | null; error: string | null; milliseconds: number }>('POST', `${address(hook.id)}/test`, { patience: 20000 });
    notice(result.delivered ? t('webhooks.testDone', { status: result.status ?? '', time: number(result.milliseconds) }) : `${t('webhooks.testFailed')} ${fault(result.status, result.error)}`, !result.delivered);
  } catch (error) {
    notice(refusal(error, 'webhooks'), true);
  }
}

async function showOne(box: HTMLElement, id: string, ctx: Ctx) {
  const head = h('p', { class: 'more' });
  const body = h('tbody', {});
  const none = h('p', { class: 'calm', hidden: true }, t('webhooks.noDeliveries'));
  const again = h('button', { class: 'ack', hidden: true, onclick: () => void retry('all') }, t('webhooks.retryAll'));
  let drawn = '';
  const load = async () => {
    const hook = await get<Webhook>(address(id), ctx.signal);
    const { items, next } = await get<List<Delivery>>(`${address(id)}/deliveries?state=all&limit=200`, ctx.signal);
    say(head, `${hook.name} — ${t(`webhooks.state.${hook.state}`)} — ${t('webhooks.behind')}: ${waiting(hook)} — ${t('webhooks.dead')}: ${number(hook.dead)}${next ? ` — ${t('webhooks.first')}` : ''}`);
    again.hidden = !hook.dead || !hook.enabled;
    none.hidden = items.length > 0;
    const text = JSON.stringify(items) + hook.enabled;
    if (text === drawn) return;
    drawn = text;
    put(body, items.map(d => h('tr', { class: `delivery-${d.state}` },
      h('td', { class: 'number' }, d.event),
      h('td', {}, t(`webhooks.delivery.${d.state}`)),
      h('td', {}, h('a', { href: `#/alerts/${encodeURIComponent(d.alert)}` }, word('kind', d.kind)), ` — ${word('step', d.what)}`),
      h('td', {}, moment(at(d.at))),
      h('td', { class: 'number' }, d.attempts ?? ''),
      h('td', { class: 'wrap' }, d.error ? h('span', { title: d.error }, fault(d.status, d.error)) : ''),
      h('td', {}, d.state === 'dead' && hook.enabled ? h('button', { onclick: () => void retry(String(d.event)) }, t('webhooks.retry')) : ''))));
  };
  const retry = (n: string) => said(async () => { await call('POST', `${address(id)}/deliveries/${n}/retry`); await load(); }, 'webhooks.retrying');
  put(box, h('p', {}, h('a', { href: '#/webhooks' }, t('webhooks.back'))), h('h2', {}, t('webhooks.deliveries')), head, h('div', { class: 'tools' }, again), none,
    table(['webhooks.number', 'webhooks.stateHead', 'webhooks.event', 'webhooks.at', 'webhooks.attempts', 'webhooks.answer', 'webhooks.act'], body));
  await load();
  ctx.refresh(load, 3);
}

function form(hook: Webhook | null, save: (body: Body) => Promise<void>) {
  const name = h('input', { required: true, maxlength: 100, value: hook?.name ?? '' });
  const url = h('input', { type: 'url', required: true, maxlength: 2000, value: hook?.url ?? '', placeholder: 'https://' });
  const least = h('select', {}, h('option', { value: '' }, t('webhooks.anySeverity')), severities.map(s => h('option', { value: s, selected: hook?.minimumSeverity === s }, word('severity', s))));
  const choice = (group: string, all: string[], chosen: string[] | null | undefined) => {
    const boxes = [...new Set([...all, ...(chosen ?? [])])].map(value => ({ value, box: h('input', { type: 'checkbox', checked: !!chosen?.includes(value) }) }));
    return {
      read: () => { const ticked = boxes.filter(b => b.box.checked).map(b => b.value); return ticked.length ? ticked : null; },
      element: h('fieldset', {}, h('legend', {}, t(`webhooks.${group}s`)), boxes.map(b => h('label', {}, b.box, ' ', has(`${group}.${b.value}`) ? word(group, b.value) : b.value))),
    };
  };
  const [wantedKinds, wantedSteps] = [choice('kind', alertKinds, hook?.kinds), choice('step', steps, hook?.steps)];
  return h('form', { class: 'hook-form', onsubmit: (event: Event) => {
    event.preventDefault();
    void said(() => save({
      name: name.value.trim(), url: url.value.trim(), kinds: wantedKinds.read(), minimumSeverity: least.value || null, steps: wantedSteps.read(), enabled: hook?.enabled ?? true,
    }));
  } },
  h('label', {}, t('webhooks.name'), name), h('label', {}, t('webhooks.url'), url), h('label', {}, t('webhooks.least'), least),
  wantedKinds.element, wantedSteps.element, h('p', { class: 'more' }, t('webhooks.allIfNone')), h('button', { class: 'ack' }, t('webhooks.save')));
}

const showSecret = (name: string, secret: string) =>
  showOnce(t('webhooks.secretOf', { name }), [h('p', {}, t('webhooks.secretOnce')), copyable(secret, t('webhooks.secret'))]);

/** The server counts so far. */
const waiting = (hook: Webhook) => (hook.behind >= 10_000 ? `≥ ${number(hook.behind)}` : number(hook.behind));

const bodyOf = ({ name, url, kinds, minimumSeverity, steps, enabled }: Webhook): Body => ({ name, url, kinds, minimumSeverity, steps, enabled });

const filterText = (hook: Webhook) => [
  hook.kinds ? hook.kinds.map(k => word('kind', k)).join(', ') : t('webhooks.allKinds'),
  hook.minimumSeverity ? t('webhooks.from', { severity: word('severity', hook.minimumSeverity) }) : null,
  hook.steps ? hook.steps.map(s => word('step', s)).join(', ') : t('webhooks.allSteps'),
].filter(Boolean).join(' · ');

// The server's own words are technical and English; they stand in the title.
const causes: [RegExp, string][] = [
  [/^No connection/, 'refused'], [/^No whole answer/, 'slow'], [/^TLS failed/, 'tls'], [/not a public address|Without TLS/, 'private'], [/broke off/, 'broken'], [/redirect/, 'redirect'],
];

function fault(status: number | null, error: string | null) {
  const cause = causes.find(([pattern]) => pattern.test(error ?? ''))?.[1];
  return cause ? t(`webhooks.fault.${cause}`) : status ? t('webhooks.fault.status', { status }) : error ?? '';
}

/** A refusal in the language of the screen where it has a sentence for it. */
export function refusal(error: unknown, group: string): string {
  const { code, field, by } = error instanceof Refusal ? error.problem : {};
  const key = [code, field].map(word => `${group}.wrong.${String(word)}`).find(has);
  return key ? t(key) : by ? t(`${group}.wrong.first`, { who: by }) : messageOf(error);
}

async function said(work: () => Promise<unknown>, done: string | null = 'webhooks.done') {
  try {
    await work();
    if (done) notice(t(done));
  } catch (error) {
    notice(refusal(error, 'webhooks'), true);
  }
}
