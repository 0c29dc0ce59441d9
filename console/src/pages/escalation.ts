// After how long an alert that nobody acknowledges is passed on, how often, and to whose rota.
import { call, get, Refusal } from '../core/api';
import { h, notice, put } from '../core/dom';
import { t } from '../core/i18n';
import type { Ctx } from '../core/router';
import { table } from '../core/table';
import type { Page as List } from '../core/types';
import { isAdmin, kindName, type Rota } from './oncall';
import { alertKinds, refusal } from './webhooks';

interface Rule { afterSeconds: number; everySeconds: number; rota: string | null }
/** A rule that is null: alerts of that kind are never passed on. */
interface Rules { revision: number; rules: Record<string, Rule | null> }

// The server keeps a rule for these, of at most ten minutes: nobody can make a fire wait in silence.
const alwaysRises = (kind: string): boolean => kind === 'fire' || kind === 'fire-prealarm';

export async function escalation(box: HTMLElement, ctx: Ctx): Promise<void> {
  let found: Rules;
  try {
    found = await get<Rules>('/api/v1/escalation', ctx.signal);
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) return;
    throw error;
  }
  const rotas = (await get<List<Rota>>('/api/v1/rotas', ctx.signal)).items;
  const may = isAdmin(ctx);
  const rules = structuredClone(found.rules);
  const body = h('tbody', {});
  const seconds = (rule: Rule, key: 'afterSeconds' | 'everySeconds', kind: string) => h('input', {
    type: 'number', min: 10, max: alwaysRises(kind) ? 600 : 86400, required: true, disabled: !may, value: String(rule[key]), 'aria-label': `${kindName(kind)}: ${t(`oncall.${key}`)}`,
    onchange: (e: Event) => { rule[key] = Number((e.target as HTMLInputElement).value); },
  });
  const never = (kind: string) => h('tr', {}, h('th', { scope: 'row' }, kindName(kind)), h('td', { colspan: 3 }, t('oncall.never')), h('td', {}, tools(kind)));
  const tools = (kind: string) => !may || alwaysRises(kind) ? '' : h('div', { class: 'tools row-tools' },
    h('button', { type: 'button', onclick: () => { rules[kind] = rules[kind] ? null : { afterSeconds: 300, everySeconds: 600, rota: null }; draw(); } }, t(rules[kind] ? 'oncall.makeNever' : 'oncall.makeRule')),
    h('button', { type: 'button', 'aria-label': `${kindName(kind)}: ${t('oncall.takeRule')}`, onclick: () => { delete rules[kind]; draw(); } }, '✕'));
  const draw = () => put(body, Object.entries(rules).map(([kind, rule]) => !rule ? never(kind) : h('tr', {},
    h('th', { scope: 'row' }, kindName(kind)),
    h('td', {}, seconds(rule, 'afterSeconds', kind)),
    h('td', {}, seconds(rule, 'everySeconds', kind)),
    h('td', {}, h('select', { disabled: !may, 'aria-label': `${kindName(kind)}: ${t('oncall.rota')}`, onchange: (e: Event) => { rule.rota = (e.target as HTMLSelectElement).value || null; } },
      h('option', { value: '' }, t('oncall.nobody')),
      [...new Set([...rotas.map(r => r.id), ...(rule.rota ? [rule.rota] : [])])].map(id => h('option', { value: id, selected: id === rule.rota }, rotas.find(r => r.id === id)?.name ?? id)))),
    h('td', {}, tools(kind)))));
  draw();
  const kind = h('select', { 'aria-label': t('oncall.kind') }, [...alertKinds, '*critical', '*major', '*minor', '*info'].map(name => h('option', { value: name }, kindName(name))));
  const save = async () => {
    try {
      found = await call<Rules>('PUT', '/api/v1/escalation', { body: { rules, revision: found.revision } });
      notice(t('oncall.saved'));
    } catch (error) {
      notice(refusal(error, 'oncall'), true);
    }
  };
  put(box, h('h2', {}, t('oncall.rules')), h('p', { class: 'more' }, t('oncall.rulesWhat')),
    h('form', { class: 'rules', onsubmit: (event: Event) => { event.preventDefault(); void save(); } },
      table(['oncall.kind', 'oncall.afterSeconds', 'oncall.everySeconds', 'oncall.rota', 'oncall.act'], body),
      may ? h('div', { class: 'tools' }, kind, h('button', { type: 'button', onclick: () => {
        rules[kind.value] ??= { afterSeconds: 300, everySeconds: 600, rota: null };
        draw();
      } }, t('oncall.addRule')), h('button', { class: 'ack' }, t('oncall.save'))) : null));
}
