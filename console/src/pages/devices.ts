// The devices of the city, as a list that is searched.
import { all } from '../core/api';
import { h, put, say } from '../core/dom';
import { t, word } from '../core/i18n';
import type { Page } from '../core/router';
import { ageCell, table } from '../core/table';
import { at, isStale } from '../core/time';
import type { Device } from '../core/types';

const rowsShown = 300;
const keep = { text: '', kind: '', stale: false };

export const page: Page = {
  route: 'devices',
  nav: 'nav.devices',
  group: 'city',
  async show(box, [id], ctx) {
    if (id) { location.replace(`#/device/${encodeURIComponent(id)}`); return; } // an address of before
    let list = await all<Device>('/api/v1/devices?state=active', 20000, ctx.signal);
    const kinds = [...new Set(list.map(d => d.kind))].sort();
    const body = h('tbody');
    const summary = h('p', { class: 'more' });
    const filter = h('input', { type: 'search', placeholder: t('devices.filter'), 'aria-label': t('devices.filter'), value: keep.text });
    const kind = h('select', { 'aria-label': t('devices.kind') }, h('option', { value: '' }, t('devices.allKinds')), kinds.map(k => h('option', { value: k }, word('type', k))));
    const stale = h('input', { type: 'checkbox' });
    kind.value = keep.kind;
    stale.checked = keep.stale;
    const draw = (): void => {
      Object.assign(keep, { text: filter.value, kind: kind.value, stale: stale.checked });
      const wanted = filter.value.trim().toLowerCase();
      const found = list.filter(d => (!kind.value || d.kind === kind.value) && (!stale.checked || isStale(d)) &&
        (!wanted || [d.id, d.name, d.zone, d.street, d.gateway].some(text => text?.toLowerCase().includes(wanted))));
      put(body, found.slice(0, rowsShown).map(d => h('tr', { class: isStale(d) ? 'stale' : '' },
        h('td', {}, h('a', { href: `#/device/${encodeURIComponent(d.id)}` }, d.id), d.name ? h('div', { class: 'more' }, d.name) : null),
        h('td', {}, word('type', d.kind)), h('td', {}, d.zone ?? ''), h('td', {}, d.gateway ?? ''), ageCell(at(d.lastSeen), isStale(d)))));
      say(summary, t('devices.summary', { found: found.length, all: list.length, stale: list.filter(d => isStale(d)).length, shown: Math.min(found.length, rowsShown) }));
    };
    filter.addEventListener('input', draw);
    kind.addEventListener('change', draw);
    stale.addEventListener('change', draw);
    put(box, h('h2', {}, t('nav.devices')), h('div', { class: 'tools' }, filter, kind, h('label', {}, stale, t('devices.onlyStale'))), summary,
      table(['devices.id', 'devices.kind', 'devices.zone', 'devices.gateway', 'devices.lastSeen'], body));
    draw();
    ctx.refresh(async () => {
      list = await all<Device>('/api/v1/devices?state=active', 20000, ctx.signal);
      if (!body.contains(document.activeElement)) draw();
    }, 15);
  },
};
