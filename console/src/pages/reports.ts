// Reports of a day or a month, and readings as a table: chosen here, opened for printing or kept as CSV.
import { Refusal, call, get } from '../core/api';
import { h, put } from '../core/dom';
import { language, moment, number, t, word } from '../core/i18n';
import type { Ctx, Page } from '../core/router';
import { table } from '../core/table';
import { at } from '../core/time';
import './reports.css';

interface Response { acknowledged: number; median: number | null; p90: number | null; longest: number | null }
interface Report {
  until: string;
  period: { to: string };
  alerts: { total: number; open: number; falseAlarms: number; escalated: number; response: Response; kinds: { kind: string; total: number; falseAlarms: number; response: Response }[] };
  availability: { percent: number | null };
  energy: { kinds: { kilowattHours: number }[]; read: number; counters: number } | null;
}

const two = (n: number) => String(n).padStart(2, '0');
const day = (date: Date) => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
// The city may be a day ahead of this screen; what has not begun there, the server refuses.
const latest = () => day(new Date(Date.now() + 86400000));
const yesterday = () => day(new Date(Date.now() - 86400000));

export const page: Page = {
  route: 'reports',
  nav: 'nav.reports',
  group: 'watch',
  async show(box, _args, ctx) {
    const date = h('input', { type: 'date', value: yesterday(), max: latest(), required: true, 'aria-label': t('reports.day') });
    const month = h('input', { type: 'month', value: yesterday().slice(0, 7), max: latest().slice(0, 7), required: true, pattern: '[0-9]{4}-[0-9]{2}', 'aria-label': t('reports.month') });
    put(box, h('h2', {}, t('reports.title')),
      section('daily', 'date', date, ctx), section('monthly', 'month', month, ctx), exporting(ctx));
  },
};

function section(name: 'daily' | 'monthly', parameter: string, input: HTMLInputElement, ctx: Ctx) {
  const print = h('a', { class: 'button', target: '_blank', rel: 'noopener' }, t('reports.print'));
  const csv = h('a', { class: 'button' }, t('reports.csv'));
  const look = h('button', { type: 'button' }, t('reports.look'));
  const out = h('div', { 'aria-live': 'polite' });
  const address = (format: string) => `/api/v1/reports/${name}?${parameter}=${encodeURIComponent(input.value)}&format=${format}&lang=${language()}`;
  const point = () => {
    const good = input.value !== '' && input.checkValidity();
    for (const [link, format] of [[print, 'html'], [csv, 'csv']] as const) {
      if (good) link.setAttribute('href', address(format)); else link.removeAttribute('href');
    }
    look.disabled = !good;
    put(out);
  };
  input.addEventListener('input', point);
  look.addEventListener('click', () => void show(look, out, address('json'), ctx));
  point();
  return h('section', { class: 'reports-one', 'aria-label': t(`reports.${name}`) }, h('h3', {}, t(`reports.${name}`)),
    h('div', { class: 'tools' }, h('label', {}, `${t(`reports.${parameter === 'date' ? 'day' : 'month'}`)} `, input), look, print, csv), out);
}

async function show(button: HTMLButtonElement, out: HTMLElement, address: string, ctx: Ctx) {
  button.disabled = true;
  put(out, h('p', { class: 'more' }, t('reports.working')));
  try {
    // A month of a large city takes the server a while; it says itself when that is too long.
    put(out, summary(await call<Report>('GET', address, { signal: ctx.signal, patience: 60000 })));
  } catch (error) {
    put(out, h('p', { class: 'bad', role: 'alert' }, t(error instanceof Refusal && error.status === 503 ? 'reports.busy' : 'reports.failed')));
  } finally {
    button.disabled = false;
  }
}

function span(seconds: number | null): string {
  if (seconds === null) return '–';
  if (seconds < 60) return t('reports.seconds', { n: number(seconds, seconds < 10 ? 1 : 0) });
  if (seconds < 3600) return t('reports.minutes', { n: number(seconds / 60, 1) });
  return t('reports.hours', { n: number(seconds / 3600, 1) });
}

function summary(report: Report) {
  const { alerts } = report;
  const card = (key: string, text: string) => h('div', { class: 'reports-card' }, h('strong', {}, text), h('span', {}, t(key)));
  const energy = report.energy ? report.energy.kinds.reduce((sum, kind) => sum + kind.kilowattHours, 0) : null;
  return h('div', {},
    at(report.until) < at(report.period.to) ? h('p', { class: 'more' }, t('reports.until', { time: moment(at(report.until)) })) : null,
    h('div', { class: 'reports-cards' },
      card('reports.total', number(alerts.total)), card('reports.open', number(alerts.open)), card('reports.false', number(alerts.falseAlarms)), card('reports.escalated', number(alerts.escalated)),
      card('reports.median', span(alerts.response.median)), card('reports.p90', span(alerts.response.p90)), card('reports.longest', span(alerts.response.longest)),
      card('reports.available', report.availability.percent === null ? '–' : `${number(report.availability.percent)} %`),
      energy === null ? null : card('reports.energy', `${number(energy, 1)} kWh`)),
    alerts.kinds.length ? table(['reports.kind', 'reports.total', 'reports.false', 'reports.median', 'reports.longest'], alerts.kinds.map(k => h('tr', {},
      h('td', {}, word('kind', k.kind)), h('td', {}, number(k.total)), h('td', {}, number(k.falseAlarms)), h('td', {}, span(k.response.median)), h('td', {}, span(k.response.longest)))))
      : h('p', { class: 'calm' }, t('reports.none')));
}

function exporting(ctx: Ctx) {
  const device = h('input', { required: true, maxlength: 63, spellcheck: false, autocomplete: 'off', 'aria-label': t('reports.device'), placeholder: t('reports.device') });
  const metric = h('select', { 'aria-label': t('reports.metric'), disabled: true });
  const from = h('input', { type: 'date', value: yesterday(), 'aria-label': t('reports.from') });
  const to = h('input', { type: 'date', value: day(new Date()), 'aria-label': t('reports.to') });
  const link = h('a', { class: 'button' }, t('reports.csv'));
  const said = h('p', { class: 'more', 'aria-live': 'polite' });
  let kinds: { items: { name: string; metrics: { name: string }[] }[] } | null = null;
  const point = () => {
    const [first, last] = [from, to].map(input => (input.value ? new Date(`${input.value}T00:00`) : null));
    if (!metric.value || !first || !last || last < first) { link.removeAttribute('href'); return; }
    last.setDate(last.getDate() + 1);
    link.setAttribute('href', `/api/v1/history/export?device=${encodeURIComponent(device.value)}&metric=${metric.value}&from=${first.toISOString()}&to=${last.toISOString()}`);
  };
  const find = async () => {
    put(metric);
    metric.disabled = true;
    put(said);
    if (device.value) {
      try {
        kinds ??= await get<NonNullable<typeof kinds>>('/api/v1/kinds', ctx.signal);
        const found = await get<{ kind: string }>(`/api/v1/devices/${encodeURIComponent(device.value)}`, ctx.signal);
        put(metric, ...(kinds.items.find(kind => kind.name === found.kind)?.metrics ?? []).map(m => h('option', { value: m.name }, word('metric', m.name))));
        metric.disabled = false;
      } catch {
        put(said, t('reports.noDevice'));
      }
    }
    point();
  };
  device.addEventListener('change', () => void find());
  [metric, from, to].forEach(input => input.addEventListener('change', point));
  return h('section', { class: 'reports-one', 'aria-label': t('reports.export') }, h('h3', {}, t('reports.export')), h('p', { class: 'more' }, t('reports.exportWhat')),
    h('div', { class: 'tools' }, device, metric, h('label', {}, `${t('reports.from')} `, from), h('label', {}, `${t('reports.to')} `, to), link), said);
}
