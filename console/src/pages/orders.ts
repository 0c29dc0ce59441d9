// Orders for lamps: given, followed second by second, released. Everything that another person does is here within a second or two.
import { all, get } from '../core/api';
import { h, put } from '../core/dom';
import { language, t } from '../core/i18n';
import type { Ctx, Page } from '../core/router';
import { LampList, OrderCard } from './orders-card';
import { mayOrder, type Order, type Place } from './orders-data';
import { everything, orderForm } from './orders-form';
import './orders.css';

/** So long an order is looked at every second; then every two. */
const young = 120_000;
const shownAfterEnd = 600_000;

export const page: Page = {
  route: 'orders',
  nav: 'nav.orders',
  group: 'lighting',
  async show(box, args, ctx) {
    const cards = new Map<string, OrderCard>();
    const list = h('div', { class: 'orders-cards' });
    const none = h('p', { class: 'calm', hidden: true }, t('orders.none'));
    const past = h('input', { type: 'checkbox' });
    let next = 0, looked = 0;
    let ended: Order[] = [];

    const load = async (): Promise<void> => {
      const now = Date.now();
      const current = await all<Order>(`/api/v1/lighting/overrides?state=current&lang=${language()}`, 500, ctx.signal);
      if (now - looked > 4000 || ended.some(o => o.progress && Date.parse(o.releasedAt ?? o.at) > now - young)) {
        looked = now;
        const recent = (await get<{ items: Order[] }>(`/api/v1/lighting/overrides?state=all&limit=${past.checked ? 200 : 30}&lang=${language()}`, ctx.signal)).items;
        ended = recent.filter(o => o.releasedAt && (past.checked || Date.parse(o.releasedAt) > now - shownAfterEnd));
      }
      if (ctx.signal.aborted) return;
      const orders = [...current, ...ended.filter(o => !current.some(c => c.id === o.id))];
      none.hidden = current.length > 0;
      const wanted = new Set(orders.map(o => o.id));
      for (const [id, card] of cards) if (!wanted.has(id)) { card.element.remove(); cards.delete(id); }
      orders.forEach((order, i) => {
        let card = cards.get(order.id);
        if (!card) cards.set(order.id, card = new OrderCard(order.id, ctx, again));
        if (list.children[i] !== card.element) list.insertBefore(card.element, list.children[i] ?? null);
        card.show(order);
      });
      const busy = orders.some(o => now - Math.max(Date.parse(o.start), Date.parse(o.at), Date.parse(o.releasedAt ?? o.at)) < young && Date.parse(o.start) <= now);
      next = now + (busy ? 900 : 1900);
    };
    const again = async (): Promise<void> => { looked = 0; await load(); };
    past.addEventListener('change', () => void again());

    const there = h('div', { class: 'orders-there' });
    let lamps: LampList | null = null;
    const look = (place: Place | null): void => {
      lamps = place ? new LampList(ctx, `/api/v1/lighting/lamps?target=${encodeURIComponent(place.target)}`) : null;
      lamps?.title(t('orders.why', { place: place?.name ?? '' }));
      put(there, lamps?.element);
    };
    const form = orderForm(ctx, again, look);
    const on = h('button', { class: 'orders-everything takes', disabled: !mayOrder(ctx.me), onclick: () => void everything(ctx, again) }, t('orders.everything'), h('kbd', {}, 'B'));
    if (mayOrder(ctx.me)) keys(ctx, () => on.click());
    put(box, h('div', { class: 'orders-top' }, h('div', {}, h('h2', {}, t('orders.title')), h('p', { class: 'more' }, t('orders.what'))), on),
      h('div', { class: 'orders-sides' }, h('div', {}, form.element, there),
        h('section', { 'aria-label': t('orders.list') }, h('div', { class: 'orders-listhead' }, h('h2', {}, t('orders.list')), h('label', { class: 'more' }, past, ' ', t('orders.past'))), none, list)));
    if (args[0]) {
      const found = await get<{ items: Place[] }>(`/api/v1/lighting/targets?limit=100&lang=${language()}&search=${encodeURIComponent(args[0].split('/').slice(1).join('/'))}`, ctx.signal);
      const place = found.items.find(p => p.target === args[0]);
      if (place) form.choose(place);
    }
    await load();
    ctx.refresh(async () => { if (Date.now() >= next) await load(); await lamps?.load(); }, 1);
  },
};

/** The key B, while nobody is typing and nothing is asked. */
function keys(ctx: Ctx, everythingOn: () => void): void {
  document.addEventListener('keydown', event => {
    const typing = event.target instanceof HTMLElement && event.target.closest('input, select, textarea, dialog, [contenteditable]');
    if (event.key.toLowerCase() !== 'b' || event.ctrlKey || event.altKey || event.metaKey || event.repeat || typing || document.querySelector('dialog[open]')) return;
    event.preventDefault();
    everythingOn();
  }, { signal: ctx.signal });
}
