// The parts of a device's page that are lists: its rules in words, its alerts, and what it can be asked to do.
import { call, get, messageOf } from '../core/api';
import { detail } from '../core/detail';
import { h, notice, put } from '../core/dom';
import { has, moment, number, t, word } from '../core/i18n';
import { ruleWords, type Kind, type Rule } from '../core/kinds';
import type { Ctx } from '../core/router';
import { ageCell, table } from '../core/table';
import { at } from '../core/time';
import type { Alert, Page } from '../core/types';

interface Command { id: string; command: { type?: string }; issued: string; by: string; status: string; detail?: string | null; finished?: string | null }

const alertsShown = 20, commandsShown = 5;
const asking = ['operator', 'lighting', 'technician', 'admin'];

/** Its rules, each as a sentence; what is the device's own and not the kind's is marked. */
export function rules(kind: Kind | undefined, own: Record<string, number>): HTMLElement | null {
  if (!kind || kind.rules.length === 0) return null;
  const isOwn = (rule: string, names: string[]): boolean => names.some(name => `${rule}.${name}` in own || name in own);
  return h('section', {}, h('h3', {}, t('device.rules')), h('ul', { class: 'device-rules' }, kind.rules.map(rule => h('li', {},
    severityOf(rule),
    h('span', {}, h('b', {}, word('rule', rule.name)), ': ', ruleWords(kind, rule, own), isOwn(rule.name, Object.keys(rule.parameters)) ? h('span', { class: 'device-own' }, t('device.own')) : null)))));
}

function severityOf(rule: Rule): HTMLElement {
  if (!rule.kind) return h('span', { class: 'device-severity zone' }, t('device.toZone'));
  return rule.form === 'stage' ? h('span', { class: 'device-severity' }, t('device.byStage')) : h('span', { class: `device-severity ${rule.severity}` }, word('severity', rule.severity));
}

/** Its newest alerts. */
export async function alerts(box: HTMLElement, id: string, ctx: Ctx): Promise<void> {
  const { items } = await get<Page<Alert>>(`/api/v1/alerts?device=${encodeURIComponent(id)}&limit=${alertsShown}`, ctx.signal);
  if (box.contains(document.activeElement)) return;
  put(box, h('h3', {}, t('device.alerts')), items.length === 0 ? h('p', { class: 'more' }, t('device.noAlerts'))
    : table(['device.raised', 'device.what', 'device.value', 'device.state'], items.map(a => h('tr', {},
      ageCell(at(a.raisedAt)),
      h('td', { class: 'wrap' }, h('a', { class: `device-kind ${a.severity}`, href: `#/alerts/${encodeURIComponent(a.id)}` }, word('kind', a.kind)), a.test ? ` · ${t('look.test')}` : '', h('div', { class: 'more' }, detail(a.detail))),
      h('td', { class: 'number' }, a.value === null || a.value === undefined ? '' : number(a.value)), h('td', {}, word('state', a.state), h('div', { class: 'more' }, a.acknowledgedBy ?? ''))))));
}

/** Identify and self-test, for those who may; and what became of the last ones. */
export function commands(box: HTMLElement, id: string, ctx: Ctx): { load(): Promise<void> } {
  const list = h('div'), may = asking.some(role => ctx.me.roles.includes(role));
  const send = (type: string) => async (event: Event): Promise<void> => {
    const button = event.currentTarget as HTMLButtonElement;
    button.disabled = true;
    try {
      await call('POST', `/api/v1/devices/${encodeURIComponent(id)}/commands`, { body: { command: { type } }, signal: ctx.signal });
      notice(t('device.sent', { act: t(`command.${type}`) }));
      await load();
    } catch (error) {
      if (!ctx.signal.aborted) notice(t('device.notSent', { act: t(`command.${type}`), why: messageOf(error) }), true);
    } finally { button.disabled = false; }
  };
  put(box, h('h3', {}, t('device.commands')), may ? h('div', { class: 'tools' }, ['identify', 'self-test'].map(type => h('button', { onclick: send(type), title: t(`command.what.${type}`) }, t(`command.${type}`)))) : null, list);
  async function load(): Promise<void> {
    const { items } = await get<Page<Command>>(`/api/v1/commands?device=${encodeURIComponent(id)}&limit=${commandsShown}`, ctx.signal);
    put(list, items.length === 0 ? h('p', { class: 'more' }, t('device.noCommands'))
      : table(['device.issued', 'device.act', 'device.result'], items.map(c => h('tr', {},
        ageCell(at(c.issued)), h('td', {}, has(`command.${c.command.type}`) ? t(`command.${c.command.type}`) : c.command.type ?? '', h('div', { class: 'more' }, c.by)),
        h('td', { class: 'wrap', title: c.finished ? moment(at(c.finished)) : null }, t(`commandstate.${c.status}`), c.detail ? h('div', { class: 'more' }, c.detail) : null)))));
  }
  return { load };
}
