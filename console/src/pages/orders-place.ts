// A place of lamps, found by a few letters: a box with a list under it, as the pattern of a combobox asks.
import { get } from '../core/api';
import { h, put } from '../core/dom';
import { language, t, word } from '../core/i18n';
import type { Ctx } from '../core/router';
import { lampCount, type Place } from './orders-data';

export interface PlaceBox { element: HTMLElement; value(): Place | null; choose(place: Place | null): void; focus(): void }

const scopeOf = (target: string): string => target.split('/')[0] ?? 'city';

export function placeBox(ctx: Ctx, chosen: (place: Place | null) => void): PlaceBox {
  const input = h('input', { type: 'search', role: 'combobox', autocomplete: 'off', 'aria-expanded': 'false', 'aria-controls': 'orders-places', 'aria-autocomplete': 'list',
    'aria-label': t('orders.target'), placeholder: t('orders.target.hint'), maxlength: 100 });
  const list = h('ul', { id: 'orders-places', role: 'listbox', 'aria-label': t('orders.target'), hidden: true });
  let place: Place | null = null, found: Place[] = [], at = -1, asked = 0;

  const close = (): void => { list.hidden = true; input.setAttribute('aria-expanded', 'false'); input.removeAttribute('aria-activedescendant'); };
  const choose = (next: Place | null): void => {
    place = next;
    if (next) input.value = next.name;
    close();
    chosen(next);
  };
  const mark = (next: number): void => {
    at = next;
    [...list.children].forEach((row, i) => row.setAttribute('aria-selected', String(i === at)));
    if (at >= 0) { input.setAttribute('aria-activedescendant', `orders-place-${at}`); list.children[at]?.scrollIntoView({ block: 'nearest' }); }
  };
  const look = async (): Promise<void> => {
    const mine = ++asked;
    const answer = await get<{ items: Place[] }>(`/api/v1/lighting/targets?limit=12&lang=${language()}&search=${encodeURIComponent(input.value.trim())}`, ctx.signal).catch(() => ({ items: [] }));
    if (mine !== asked || document.activeElement !== input) return;
    found = answer.items;
    put(list, found.length === 0 ? h('li', { class: 'more', role: 'option', 'aria-disabled': 'true' }, t('orders.target.none')) : found.map((p, i) => h('li', {
      id: `orders-place-${i}`, role: 'option', 'aria-selected': 'false', onmousedown: (event: Event) => { event.preventDefault(); choose(p); },
    }, h('span', { class: 'tag calm' }, word('orders.scope', scopeOf(p.target))), h('span', { class: 'name' }, p.name, p.ward && p.ward !== p.name ? h('span', { class: 'more' }, ` ${p.ward}`) : null),
    h('span', { class: 'number' }, lampCount(p.lamps)))));
    list.hidden = false;
    input.setAttribute('aria-expanded', 'true');
    mark(found.length > 0 ? 0 : -1);
  };
  input.addEventListener('input', () => { if (place && input.value !== place.name) { place = null; chosen(null); } void look(); });
  input.addEventListener('focus', () => { if (!place) void look(); });
  input.addEventListener('blur', close);
  input.addEventListener('keydown', event => {
    if (list.hidden) { if (event.key === 'ArrowDown') void look(); return; }
    if (event.key === 'ArrowDown') mark(Math.min(at + 1, found.length - 1));
    else if (event.key === 'ArrowUp') mark(Math.max(at - 1, 0));
    else if (event.key === 'Enter' && found[at]) choose(found[at]!);
    else if (event.key === 'Escape') close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return { element: h('div', { class: 'orders-place' }, input, list), value: () => place, choose, focus: () => input.focus() };
}
