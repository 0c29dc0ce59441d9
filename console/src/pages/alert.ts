// One alert: what is known, what was done, and what may be done next.
import { step } from '../core/act';
import { valueText, where } from '../core/alerts';
import { get, told } from '../core/api';
import { detail } from '../core/detail';
import { h, notice, put } from '../core/dom';
import { moment, t, word } from '../core/i18n';
import { acts } from '../core/lifecycle';
import { placeName } from '../core/names';
import type { Page } from '../core/router';
import { mayAct } from '../core/session';
import { table } from '../core/table';
import type { Alert } from '../core/types';

const plain = ['acknowledge', 'start', 'resolve']; // what needs a person's name or a cause is done on the incident's page

export const page: Page = {
  route: 'alerts',
  nav: null,
  group: 'watch',
  async show(box, [id = ''], ctx) {
    const path = `/api/v1/alerts/${encodeURIComponent(id)}`;
    const note = h('input', { type: 'text', maxlength: 500, placeholder: t('alert.note'), 'aria-label': t('alert.note') });
    const head = h('div'), buttons = h('span', { class: 'buttons' }), rest = h('div');
    const fail = (error: unknown): void => notice(told(error), true);
    const draw = (a: Alert): void => {
      const facts: [string, string | null | undefined][] = [['alert.severity', word('severity', a.severity)], ['alert.state', word('state', a.state)], ['alert.device', a.device],
        ['alert.zone', a.zone ? placeName('zone', a.zone) : null], ['alert.rule', word('rule', a.rule)], ['alert.valueName', valueText(a)], ['alert.measuredAt', moment(Date.parse(a.measuredAt))],
        ['alert.receivedAt', moment(Date.parse(a.receivedAt))], ['alert.assignee', a.assignee]];
      put(head, h('h2', { class: a.severity }, word('kind', a.kind), ' — ', where(a)),
        h('dl', { class: 'facts' }, facts.filter(([, v]) => v).map(([k, v]) => h('div', {}, h('dt', {}, t(k)), h('dd', {}, v)))),
        a.detail ? h('p', { class: 'wrap' }, detail(a.detail)) : null,
        a.incident ? h('p', {}, h('a', { href: `#/incidents/${encodeURIComponent(a.incident)}` }, t('alert.incident'))) : null);
      put(buttons, [...(acts[a.state] ?? []).filter(name => plain.includes(name)), 'note'].map(name => h('button', {
        class: name === 'acknowledge' ? 'ack takes' : 'takes',
        onclick: async () => { if (await step(a, name, note.value ? { note: note.value } : {}, fail)) note.value = ''; await load(); },
      }, t(`action.${name}`))));
      put(rest, table(['alert.when', 'alert.what', 'alert.who', 'alert.noteTitle'], (a.history ?? []).map(one => h('tr', {},
        h('td', {}, moment(Date.parse(one.when))), h('td', {}, word('step', one.what)), h('td', {}, one.who ?? t('alert.system')),
        h('td', { class: 'wrap' }, one.note === a.detail ? '' : one.note ?? '')))));
    };
    const load = async (): Promise<void> => draw(await get<Alert>(path, ctx.signal));
    put(box, head, mayAct() ? h('div', { class: 'tools' }, note, buttons) : null, rest);
    await load();
    ctx.onAlert(alert => { if (alert.id === id) void load().catch(fail); });
    ctx.refresh(load, 15);
  },
};
