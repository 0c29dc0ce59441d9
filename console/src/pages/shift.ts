// Who has the duty, what is open, and the handing over of both.
import { Refusal, all, call, get } from '../core/api';
import { detail } from '../core/detail';
import { h, notice, put } from '../core/dom';
import { language, moment, t, word } from '../core/i18n';
import { placeName } from '../core/names';
import type { Ctx, Page } from '../core/router';
import { ageCell, table } from '../core/table';
import { at } from '../core/time';
import type { Alert, Page as List } from '../core/types';
import './shift.css';

interface Shift { id: number; officer: string; from: string; to: string | null; note: string | null; tookOver: number }

const most = 200;
const ranks = ['critical', 'major', 'minor', 'info'];
const mayTake = (ctx: Ctx) => ['operator', 'admin'].some(role => ctx.me.roles.includes(role));
const report = (shift: Shift, format: string) => `/api/v1/shifts/${shift.id}/report?format=${format}&lang=${language()}`;

export const page: Page = {
  route: 'shift',
  nav: 'nav.shift',
  group: 'watch',
  async show(box, _args, ctx) {
    const now = h('div', { class: 'shift-now' });
    const open = h('div');
    const past = h('div');
    const note = h('textarea', { rows: 3, maxlength: 2000, 'aria-label': t('shift.note'), placeholder: t('shift.note') });
    const take = h('button', { class: 'ack' }, t('shift.take'));
    const form = h('form', { class: 'shift-take' }, h('label', {}, t('shift.note'), note), take);
    let running: Shift | null = null;
    let drawn = '';

    const load = async () => {
      const [shifts, alerts] = await Promise.all([
        get<List<Shift>>('/api/v1/shifts?limit=50', ctx.signal), all<Alert>('/api/v1/alerts?state=open', 1000, ctx.signal)]);
      if (ctx.signal.aborted) return;
      running = shifts.items.find(s => !s.to) ?? null;
      const mine = running?.officer === ctx.me.user;
      form.hidden = mine || !mayTake(ctx);
      const text = JSON.stringify([shifts.items, alerts.map(a => [a.id, a.revision])]);
      if (text === drawn) return;
      drawn = text;
      put(now, running
        ? [h('p', { class: 'shift-officer' }, running.officer), h('p', {}, t('shift.since', { time: moment(at(running.from)) }), mine ? ` · ${t('shift.mine')}` : ''),
          running.note ? h('p', { class: 'shift-words' }, running.note) : null]
        : h('p', { class: 'shift-nobody' }, t('shift.nobody')));
      put(open, alerts.length ? openTable(alerts) : h('p', { class: 'calm' }, t('shift.calm')));
      put(past, shifts.items.length ? pastTable(shifts.items) : h('p', { class: 'more' }, t('shift.noPast')));
    };

    form.addEventListener('submit', event => {
      event.preventDefault();
      void (async () => {
        take.disabled = true;
        try {
          await call('POST', '/api/v1/shifts/handover', { body: { note: note.value || undefined }, revision: running?.id ?? 0, patience: 30000 });
          note.value = '';
          notice(t('shift.done'));
        } catch (error) {
          const by = error instanceof Refusal && error.status === 409 ? error.problem.by : undefined;
          notice(by ? t('shift.first', { name: by }) : t('shift.failed'), true);
        } finally {
          take.disabled = false;
        }
        await load().catch(() => undefined);
      })();
    });
    put(box,
      h('h2', {}, t('shift.title')), now, form,
      h('h3', {}, t('shift.open')), open,
      h('h3', {}, t('shift.past')), past);
    await load();
    ctx.refresh(load, 15);
  },
};

function openTable(alerts: Alert[]) {
  const sorted = [...alerts].sort((a, b) => ranks.indexOf(a.severity) - ranks.indexOf(b.severity) || at(b.raisedAt) - at(a.raisedAt));
  const counts = ranks.map(rank => [rank, alerts.filter(a => a.severity === rank).length] as const).filter(([, n]) => n);
  return h('div', {},
    h('p', {}, counts.map(([rank, n]) => h('span', { class: `shift-count ${rank}` }, `${n} ${word('severity', rank)}`))),
    table(['shift.kind', 'shift.place', 'shift.detail', 'shift.age', 'shift.state', 'shift.who'], sorted.slice(0, most).map(a => h('tr', { class: `shift-${a.severity}` },
      h('td', {}, h('a', { href: a.incident ? `#/incidents/${a.incident}` : `#/alerts/${a.id}` }, word('kind', a.kind)), a.occasion ? h('span', { class: 'more' }, ` ${word('mode', a.occasion)}`) : null),
      h('td', { class: 'wrap' }, (a.zone && placeName('zone', a.zone)) || a.location?.name || a.device || ''),
      h('td', { class: 'wrap' }, detail(a.detail)),
      ageCell(at(a.raisedAt)),
      h('td', {}, word('state', a.state)),
      h('td', {}, a.assignee ?? a.acknowledgedBy ?? '')))),
    sorted.length > most ? h('p', { class: 'more' }, t('shift.more', { n: sorted.length - most })) : null);
}

const pastTable = (shifts: Shift[]) => table(['shift.officer', 'shift.from', 'shift.to', 'shift.tookOver', 'shift.words', 'shift.report'], shifts.map(s => h('tr', {},
  h('td', {}, s.officer),
  h('td', {}, moment(at(s.from))),
  h('td', {}, s.to ? moment(at(s.to)) : h('strong', {}, t('shift.running'))),
  h('td', {}, s.tookOver),
  h('td', { class: 'wrap' }, s.note ?? ''),
  h('td', {},
    h('a', { href: report(s, 'html'), target: '_blank', rel: 'noopener', 'aria-label': t('shift.printOf', { n: s.id }) }, t('shift.print')), ' · ',
    h('a', { href: report(s, 'csv'), 'aria-label': t('shift.csvOf', { n: s.id }) }, 'CSV')))));
