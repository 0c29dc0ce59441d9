// Lines the server did not take, with the reason.
import { get } from '../core/api';
import { h, put } from '../core/dom';
import { t, word } from '../core/i18n';
import type { Page } from '../core/router';
import { ageCell, table } from '../core/table';

interface Row { receivedAt: string; source?: string | null; reason: string; column?: number | null; line: string; message?: string | null }

export const page: Page = {
  route: 'quarantine',
  nav: 'nav.quarantine',
  group: 'admin',
  async show(box, _args, ctx) {
    const rest = h('div');
    put(box, h('h2', {}, t('nav.quarantine')), h('p', { class: 'more' }, t('quarantine.what')), rest);
    const load = async (): Promise<void> => {
      const { items } = await get<{ items: Row[] }>('/api/v1/quarantine?limit=200', ctx.signal);
      put(rest, items.length === 0 ? h('p', { class: 'calm' }, t('quarantine.none'))
        : table(['quarantine.received', 'quarantine.source', 'quarantine.reason', 'quarantine.column', 'quarantine.line'], items.map(q => h('tr', {},
          ageCell(Date.parse(q.receivedAt)), h('td', {}, q.source ?? ''), h('td', {}, word('reason', q.reason)), h('td', { class: 'number' }, q.column || ''),
          h('td', { class: 'wrap' }, h('span', { class: 'data' }, q.line), q.message ? h('div', { class: 'more' }, q.message) : null)))));
    };
    await load();
    ctx.refresh(load, 15);
  },
};
