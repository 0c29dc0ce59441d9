// Who is called when nobody acknowledges: rotas as a picture of the week, and the rules of escalation.
import { call, get } from '../core/api';
import { ask } from '../core/ask';
import { h, notice, put } from '../core/dom';
import { has, moment, t, timeFormat, word } from '../core/i18n';
import type { Ctx, Page } from '../core/router';
import { at } from '../core/time';
import type { Page as List } from '../core/types';
import { escalation } from './escalation';
import { rotaForm } from './rota-form';
import { refusal } from './webhooks';
import './oncall.css';

export interface Member { name: string; phone: string; channel: string }
export interface Override { from: string; to: string; member: string }
export interface Rota {
  id: string; name: string; members: Member[]; start: string; turnHours: number; overrides: Override[]; onCall: Member; next: Member | null; changesAt: string | null; revision: number;
}
interface Turn { from: string; to: string; member: string; override: boolean }

const day = 86_400_000;
export const isAdmin = (ctx: Ctx) => ctx.me.roles.includes('admin');

export const page: Page = {
  route: 'oncall',
  nav: 'nav.oncall',
  group: 'admin',
  roles: ['operator', 'lighting', 'technician', 'admin'],
  async show(box, _args, ctx) {
    const list = h('div', { class: 'rotas' });
    const rules = h('section', { 'aria-label': t('oncall.rules') });
    const editor = h('div', {});
    let drawn = '';
    const edit = (rota: Rota | null) => put(editor, rotaForm(rota, async () => { put(editor); await load(); }, () => put(editor)));
    const load = async () => {
      const { items } = await get<List<Rota>>('/api/v1/rotas', ctx.signal);
      const from = new Date(new Date().setHours(0, 0, 0, 0));
      const weeks = await Promise.all(items.map(r => turns(r.id, from, ctx)));
      const now = JSON.stringify([items, weeks, Math.floor(Date.now() / 300_000)]);
      if (now === drawn || ctx.signal.aborted) return;
      const focused = list.contains(document.activeElement) && drawn !== '';
      if (focused) return; // somebody reads or is about to press: the picture can wait for the next look
      drawn = now;
      put(list, items.length ? items.map((rota, i) => show(rota, weeks[i] ?? [], from, ctx, () => edit(rota), load)) : h('p', { class: 'calm' }, t('oncall.none')));
    };
    put(box, h('h2', {}, t('oncall.title')), h('p', { class: 'more' }, t('oncall.what')),
      isAdmin(ctx) ? h('div', { class: 'tools' }, h('button', { onclick: () => edit(null) }, t('oncall.new'))) : null, editor, list, rules);
    await load();
    ctx.refresh(load, 30);
    await escalation(rules, ctx);
  },
};

const turns = async (id: string, from: Date, ctx: Ctx) => {
  const to = new Date(from.getTime() + 7 * day);
  return (await get<List<Turn>>(`/api/v1/rotas/${encodeURIComponent(id)}/turns?from=${encodeURIComponent(from.toISOString())}&to=${encodeURIComponent(to.toISOString())}`, ctx.signal)).items;
};

function show(rota: Rota, week: Turn[], from: Date, ctx: Ctx, edit: () => void, load: () => Promise<void>) {
  const person = (m: Member) => [h('strong', {}, m.name), ` ${m.phone} `, h('span', { class: 'more' }, word('channel', m.channel))];
  return h('article', { class: 'rota' },
    h('h3', {}, rota.name, ' ', h('span', { class: 'data' }, rota.id)),
    h('p', { class: 'duty' }, `${t('oncall.now')}: `, person(rota.onCall)),
    h('p', {}, rota.next && rota.changesAt ? [`${t('oncall.next', { time: moment(at(rota.changesAt)) })}: `, person(rota.next)] : t('oncall.always')),
    picture(rota, week, from),
    isAdmin(ctx) ? h('div', { class: 'tools' }, h('button', { onclick: edit }, t('oncall.edit')), h('button', { class: 'off', onclick: () => void remove(rota, load) }, t('oncall.remove'))) : null);
}

async function remove(rota: Rota, load: () => Promise<void>) {
  if (!await ask(t('oncall.remove'), [t('oncall.confirmRemove', { name: rota.name })], t('oncall.remove'))) return;
  try {
    await call('DELETE', `/api/v1/rotas/${encodeURIComponent(rota.id)}`);
    await load();
  } catch (error) {
    notice(refusal(error, 'oncall'), true);
  }
}

// A row a day, a block a turn. The picture is for eyes; who listens gets the same as a list.
function picture(rota: Rota, week: Turn[], from: Date) {
  const clock = timeFormat({ hour: '2-digit', minute: '2-digit' });
  const name = timeFormat({ weekday: 'short', day: 'numeric', month: 'numeric' });
  const tone = (member: string) => `tone-${rota.members.findIndex(m => m.name === member) % 6}`;
  const words = (turn: Turn) => `${name.format(at(turn.from))} ${clock.format(at(turn.from))} – ${clock.format(at(turn.to))}: ${turn.member}${turn.override ? ` (${t('oncall.override')})` : ''}`;
  const days = Array.from({ length: 7 }, (_, n) => {
    const begin = new Date(from);
    begin.setDate(from.getDate() + n);
    const end = new Date(begin);
    end.setDate(begin.getDate() + 1);
    return { begin: begin.getTime(), end: end.getTime() };
  });
  const rows = days.map(({ begin, end }) => {
    const track = h('div', { class: 'track' });
    for (const turn of week) {
      const [left, right] = [Math.max(begin, at(turn.from)), Math.min(end, at(turn.to))];
      if (left >= right) continue;
      const block = h('div', { class: `turn ${tone(turn.member)}${turn.override ? ' override' : ''}`, title: words(turn) }, turn.member);
      block.style.left = `${100 * (left - begin) / (end - begin)}%`;
      block.style.width = `${100 * (right - left) / (end - begin)}%`;
      track.append(block);
    }
    const now = Date.now();
    if (now >= begin && now < end) {
      const line = h('div', { class: 'now' });
      line.style.left = `${100 * (now - begin) / (end - begin)}%`;
      track.append(line);
    }
    return [h('div', { class: 'day' }, name.format(begin)), track];
  });
  return h('div', {},
    h('div', { class: 'week', 'aria-hidden': 'true' }, h('div', {}), h('div', { class: 'hours' }, [0, 6, 12, 18].map(n => h('span', {}, `${n}:00`))), rows),
    h('details', {}, h('summary', {}, t('oncall.list')), h('ul', {}, week.map(turn => h('li', {}, words(turn))))));
}

export const kindName = (kind: string) => has(`kind.${kind}`) ? word('kind', kind) : has(`oncall.rule.${kind}`) ? t(`oncall.rule.${kind}`) : kind;
