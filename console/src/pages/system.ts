// The server's own figures, as they are at /metrics.
import { call } from '../core/api';
import { h, put } from '../core/dom';
import { number, t } from '../core/i18n';
import type { Page } from '../core/router';
import { table } from '../core/table';

const rowsShown = 300;

export const page: Page = {
  route: 'system',
  nav: 'nav.system',
  group: 'admin',
  async show(box, _args, ctx) {
    let lines: RegExpExecArray[] = [];
    const filter = h('input', { type: 'search', placeholder: t('system.filter'), 'aria-label': t('system.filter') });
    const body = h('tbody');
    const draw = (): void => {
      const wanted = filter.value.trim().toLowerCase();
      put(body, lines.filter(([whole]) => whole.toLowerCase().includes(wanted)).slice(0, rowsShown).map(([, name = '', labels, value]) =>
        h('tr', {}, h('td', { class: 'data' }, name, labels ? h('span', { class: 'labels' }, labels) : null), h('td', { class: 'number' }, number(Number(value), 3)))));
    };
    const load = async (): Promise<void> => {
      const text = await call<string>('GET', '/metrics', { as: 'text', signal: ctx.signal });
      lines = text.split('\n').filter(line => line && !line.startsWith('#')).map(line => /^([^{\s]+)(\{.*\})?\s+(\S+)/.exec(line)).filter(found => found !== null);
      draw();
    };
    filter.addEventListener('input', draw);
    put(box, h('h2', {}, t('nav.system')), h('div', { class: 'tools' }, filter), table(['system.name', 'system.value'], body));
    await load();
    ctx.refresh(load, 15);
  },
};
