// One order on the screen: what it says, how far the lamps have followed, who contends with it, and who does not follow.
import { get } from '../core/api';
import { ask } from '../core/ask';
import { h, put, s, say, type Child } from '../core/dom';
import { language, number, t, timeFormat, word } from '../core/i18n';
import type { Ctx } from '../core/router';
import { lampCount, onlyLight, mayOrder, parts, release, type Counts, type Lamp, type LampPage, type Order, type Rival } from './orders-data';

const atOnce = 50;

/** The time of day, with the day when it is another one. */
function moment(time: number): string {
  const [then, now] = [new Date(time), new Date()];
  return timeFormat(then.toDateString() === now.toDateString() ? { hour: '2-digit', minute: '2-digit' } : { hour: '2-digit', minute: '2-digit', day: 'numeric', month: 'numeric' }).format(then);
}

/** Lamps with the one sentence that says why each is at its level, and whether it really is. */
export function lampTable(lamps: Lamp[]): HTMLElement {
  return h('div', { class: 'scroll' }, h('table', { class: 'orders-lamps' },
    h('thead', {}, h('tr', {}, ['lamp', 'follow', 'sentence'].map(key => h('th', { scope: 'col' }, t(`orders.col.${key}`))))),
    h('tbody', {}, lamps.map(lamp => h('tr', { 'data-lamp': lamp.id },
      h('td', {}, h('a', { href: `#/device/${encodeURIComponent(lamp.id)}` }, lamp.name ?? lamp.id)),
      h('td', {}, h('span', { class: `tag follow-${lamp.follow}` }, lamp.why ? word('orders.why', lamp.why) : word('orders.follow', lamp.follow))),
      h('td', { class: 'wrap' }, lamp.sentence))))));
}

/** A list of lamps that is read when it is opened and as long as it is open; `more` reads on. */
export class LampList {
  readonly element: HTMLDetailsElement;
  #summary = h('summary');
  #box = h('div');
  #path: string;
  #ctx: Ctx;
  #many = atOnce;
  #drawn = '';

  constructor(ctx: Ctx, path: string) {
    this.#path = path;
    this.#ctx = ctx;
    this.element = h('details', { class: 'orders-list' }, this.#summary, this.#box);
    this.element.addEventListener('toggle', () => void this.load());
  }

  title(text: string): void { say(this.#summary, text); }

  async load(): Promise<void> {
    if (!this.element.open || this.element.hidden) return;
    const lamps: Lamp[] = [];
    let next: string | null = '';
    while (next !== null && lamps.length < this.#many) {
      const page: LampPage = await get<LampPage>(`${this.#path}&lang=${language()}&limit=${Math.min(500, this.#many - lamps.length)}${next ? `&cursor=${encodeURIComponent(next)}` : ''}`, this.#ctx.signal);
      lamps.push(...page.items);
      next = page.next;
    }
    const now = JSON.stringify([lamps, next]);
    if (now === this.#drawn) return;
    this.#drawn = now;
    put(this.#box, lamps.length === 0 ? h('p', { class: 'more' }, t('orders.nobody')) : lampTable(lamps),
      next === null ? null : h('button', { onclick: () => { this.#many += 200; void this.load(); } }, t('orders.more')));
  }
}

/** Confirmed lamps over the seconds since the order began, as a line of steps. */
function curve(order: Order): Child {
  if (order.curve.length === 0) return null;
  const end = order.progress ? order.lamps - order.progress.outranked : order.lamps;
  const age = order.state === 'in-force' ? Math.min(180, (Date.now() - Math.max(Date.parse(order.start), Date.parse(order.at))) / 1000) : 0;
  const last = order.curve.at(-1)!;
  const seconds = Math.max(10, Math.min(180, Math.max(last.seconds * 1.15, Math.min(age, 30))));
  const x = (value: number): number => 44 + 252 * Math.min(1, value / seconds), y = (value: number): number => 70 - 62 * (end > 0 ? Math.min(1, value / end) : 0);
  let line = '';
  for (const point of order.curve) line += line ? ` H${x(point.seconds).toFixed(1)} V${y(point.confirmed).toFixed(1)}` : `M${x(point.seconds).toFixed(1)} ${y(point.confirmed).toFixed(1)}`;
  line += ` H${x(Math.max(last.seconds, Math.min(age, seconds))).toFixed(1)}`;
  const full = order.curve.find(p => end > 0 && p.confirmed >= end * 0.999);
  const label = full ? t('orders.curve.full', { n: number(full.seconds, 1) }) : t('orders.curve.now', { n: number(last.confirmed), seconds: number(last.seconds, 1) });
  const first = order.curve[0]!;
  return h('figure', { class: 'orders-curve' },
    s('svg', { viewBox: '0 0 300 88', role: 'img', 'aria-label': label },
      s('path', { class: 'grid', d: 'M44 8 H296 M44 70 H296 M44 8 V70' }),
      s('text', { x: 40, y: 12, 'text-anchor': 'end' }, '100 %'), s('text', { x: 40, y: 73, 'text-anchor': 'end' }, '0'),
      s('text', { x: 44, y: 84 }, '0'), s('text', { x: 296, y: 84, 'text-anchor': 'end' }, t('age.seconds', { n: number(seconds, 0) })),
      s('path', { class: 'line', d: line })),
    h('figcaption', { class: 'more' }, label, first.seconds > 5 ? ` ${t('orders.curve.late', { n: number(first.seconds, 0) })}` : ''));
}

function bar(counts: Counts, lamps: number): HTMLElement {
  const percent = lamps > 0 ? 100 * counts.confirmed / lamps : 0;
  const strip = h('div', { class: 'orders-bar', role: 'progressbar', 'aria-valuemin': 0, 'aria-valuemax': 100, 'aria-valuenow': percent.toFixed(1), 'aria-label': t('orders.progress') });
  for (const part of parts) {
    if (counts[part] === 0) continue;
    const piece = h('span', { class: `part-${part}`, title: `${t(`orders.part.${part}`)}: ${number(counts[part])}` });
    piece.style.flexGrow = String(counts[part]);
    strip.append(piece);
  }
  return h('div', {}, strip, h('p', { class: 'orders-legend' }, parts.filter(p => counts[p] > 0 || p === 'confirmed').map(part =>
    h('span', { class: `part-${part}`, 'data-part': part }, h('i', { 'aria-hidden': 'true' }), t(`orders.part.${part}`), ' ', h('b', {}, number(counts[part]))))));
}

const rivals = (key: string, list: Rival[]): Child => list.length === 0 ? null : h('ul', { class: `orders-rivals ${key}` }, list.slice(0, 5).map(r =>
  h('li', {}, t(`orders.${key}`, { id: r.id, who: r.by, level: number(r.level), priority: r.priority, n: number(r.lamps), reason: r.reason ?? '' }))),
  list.length > 5 ? h('li', {}, t('orders.rivals.more', { n: list.length - 5 })) : null);

export class OrderCard {
  readonly element: HTMLElement;
  #head = h('div', { class: 'orders-head' });
  #body = h('div', { class: 'orders-body' });
  #not: LampList;
  #under: LampList;
  #drawn = '';
  #ctx: Ctx;
  #reload: () => Promise<void>;

  constructor(id: string, ctx: Ctx, reload: () => Promise<void>) {
    this.#ctx = ctx;
    this.#reload = reload;
    const lamps = `/api/v1/lighting/overrides/${id}/lamps`;
    this.#not = new LampList(ctx, `${lamps}?follow=not-followed`);
    this.#under = new LampList(ctx, `${lamps}?follow=outranked`);
    this.element = h('article', { class: 'orders-card', 'data-order': id }, this.#head, this.#body, this.#not.element, this.#under.element);
  }

  show(order: Order): void {
    const now = JSON.stringify(order) + language() + (order.progress && order.curve.length > 0 ? Math.floor(Date.now() / 5000) : '');
    if (now === this.#drawn) return;
    this.#drawn = now;
    this.element.className = `orders-card state-${order.state}${order.priority === 1000 ? ' top' : ''}`;
    const over = order.state === 'released' || order.state === 'expired';
    const mine = mayOrder(this.#ctx.me) && (!onlyLight(this.#ctx.me) || order.by === this.#ctx.me.user);
    put(this.#head,
      h('strong', { class: 'orders-level' }, order.level === 0 ? t('orders.off') : `${number(order.level)} %`),
      h('div', { class: 'orders-what' },
        h('h3', {}, order.targetName, h('span', { class: 'more' }, ` ${lampCount(order.lamps)}`)),
        h('p', {}, order.reason ?? ''),
        h('p', { class: 'more' }, `${order.id} · ${t('orders.by', { who: order.by, time: moment(Date.parse(order.at)) })} · ${t('orders.priority.short', { n: order.priority })}`)),
      h('div', { class: 'orders-when' },
        h('span', { class: `tag ${order.state === 'in-force' ? 'good' : order.state === 'ahead' ? 'warn' : 'calm'}` }, word('orders.state', order.state)),
        h('p', { class: 'more' }, order.state === 'ahead' ? t('orders.from', { time: moment(Date.parse(order.start)) }) : null,
          order.state === 'released' ? t('orders.releasedBy', { who: order.releasedBy ?? '', time: moment(Date.parse(order.releasedAt ?? order.at)) })
            : order.expires ? ` ${t('orders.to', { time: moment(Date.parse(order.expires)) })}` : t('orders.until.released')),
        over ? null : h('button', { class: 'orders-release takes', disabled: !mine, title: mine ? '' : t('orders.notYours'), onclick: () => void this.#release(order) }, t('orders.release'))));
    put(this.#body, order.progress ? h('div', { class: 'orders-progress' }, over ? h('p', { class: 'more' }, t('orders.returning')) : null, bar(order.progress, order.lamps)) : null,
      over ? null : curve(order), rivals('outrankedBy', order.outrankedBy), rivals('outranks', order.outranks));
    const counts = order.progress;
    const not = counts ? counts.notFollowed + counts.away : 0;
    this.#not.element.hidden = not === 0;
    this.#not.title(t('orders.notFollowed', { n: number(not) }));
    this.#under.element.hidden = !counts || counts.outranked === 0;
    this.#under.title(t('orders.outranked', { n: number(counts?.outranked ?? 0) }));
    void this.#lists();
  }

  async #lists(): Promise<void> {
    try { await Promise.all([this.#not.load(), this.#under.load()]); } catch { /* the page's own refresh says when the server is away */ }
  }

  async #release(order: Order): Promise<void> {
    if (!await ask(t('orders.release.sure', { id: order.id }), [t('orders.release.what', { n: number(order.lamps), place: order.targetName })], t('orders.release'))) return;
    await release(order);
    await this.#reload();
  }
}
