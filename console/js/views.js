// The right-hand side: devices, one device, one alert, quarantine, the system. Each draws into `box` and returns nothing.
import { all, call, get } from './api.js';
import { chart } from './chart.js';
import { valueText, where } from './alerts.js';
import { h } from './dom.js';
import { age, moment, number, t, word } from './i18n.js';

const rowsShown = 300;
const ranges = [['1h', 3600e3], ['6h', 6 * 3600e3], ['24h', 86400e3], ['7d', 7 * 86400e3]];

const ageCell = (time, stale) => h('td', { class: stale ? 'stale' : '', 'data-age': time || null, title: time ? moment(time) : null }, age(time));
const table = (heads, rows) => h('div', { class: 'scroll' }, h('table', {}, h('thead', {}, h('tr', {}, heads.map(key => h('th', {}, t(key))))), h('tbody', {}, rows)));

const shown = value => typeof value === 'number' ? number(value) : typeof value === 'boolean' ? t(`value.${value}`) : String(value);

/** Silent for longer than three of its reporting intervals; a device whose interval is not known after 15 minutes. */
export function isStale(device, now = Date.now()) {
  const interval = (device.intervalSeconds ?? 300) * 1000;
  return !device.lastSeen || now - Date.parse(device.lastSeen) > 3 * interval;
}

export async function devices(box, keep) {
  const list = await all('/api/v1/devices?state=active');
  const kinds = [...new Set(list.map(d => d.kind))].sort();
  const body = h('tbody');
  const summary = h('p', { class: 'more' });
  const filter = h('input', { type: 'search', placeholder: t('devices.filter'), 'aria-label': t('devices.filter'), value: keep.text ?? '' });
  const kind = h('select', { 'aria-label': t('devices.kind') }, h('option', { value: '' }, t('devices.allKinds')), kinds.map(k => h('option', { value: k }, word('type', k))));
  const stale = h('input', { type: 'checkbox' });
  kind.value = keep.kind ?? '';
  stale.checked = keep.stale ?? false;
  const draw = () => {
    Object.assign(keep, { text: filter.value, kind: kind.value, stale: stale.checked });
    const wanted = filter.value.trim().toLowerCase();
    const found = list.filter(d => (!kind.value || d.kind === kind.value) && (!stale.checked || isStale(d)) &&
      (!wanted || [d.id, d.name, d.zone, d.street, d.gateway].some(text => text?.toLowerCase().includes(wanted))));
    body.replaceChildren(...found.slice(0, rowsShown).map(d => h('tr', { class: isStale(d) ? 'stale' : '' },
      h('td', {}, h('a', { href: `#/devices/${encodeURIComponent(d.id)}` }, d.id), d.name ? h('div', { class: 'more' }, d.name) : null), h('td', {}, word('type', d.kind)),
      h('td', {}, d.zone ?? ''), h('td', {}, d.gateway ?? ''), ageCell(Date.parse(d.lastSeen), isStale(d)))));
    summary.textContent = t('devices.summary', { found: found.length, all: list.length, stale: list.filter(d => isStale(d)).length, shown: Math.min(found.length, rowsShown) });
  };
  filter.addEventListener('input', draw);
  kind.addEventListener('change', draw);
  stale.addEventListener('change', draw);
  draw();
  box.replaceChildren(h('h2', {}, t('nav.devices')),
    h('div', { class: 'tools' }, filter, kind, h('label', {}, stale, t('devices.onlyStale'))), summary,
    h('div', { class: 'scroll' }, h('table', {}, h('thead', {}, h('tr', {}, ['devices.id', 'devices.kind', 'devices.zone', 'devices.gateway', 'devices.lastSeen'].map(k => h('th', {}, t(k))))), body)));
}

export async function device(box, id, keep) {
  const path = `/api/v1/devices/${encodeURIComponent(id)}`;
  const d = await get(path);
  const values = Object.entries(d.values ?? {});
  const metrics = values.filter(([, v]) => typeof v.value === 'number').map(([name]) => name);
  if (!metrics.includes(keep.metric)) keep.metric = metrics[0];
  keep.range ??= '6h';
  const plot = h('div', { class: 'plot' });
  const load = async () => {
    if (!keep.metric) { plot.replaceChildren(h('p', { class: 'calm' }, t('device.noMetric'))); return; }
    const to = Date.now(), from = to - ranges.find(([name]) => name === keep.range)[1];
    const step = Math.max(1, Math.floor((to - from) / 1000 / 600));
    const query = new URLSearchParams({ metric: keep.metric, from: new Date(from).toISOString(), to: new Date(to).toISOString(), step: `${step}s` });
    const page = await get(`${path}/history?${query}`);
    const points = page.items.map(p => ({ time: Date.parse(p.time), value: p.value, low: p.minimum, high: p.maximum })).filter(p => Number.isFinite(p.value));
    plot.replaceChildren(points.length ? chart(points, from, to, keep.metric) : h('p', { class: 'calm' }, t('device.noHistory')));
  };
  const metric = h('select', { 'aria-label': t('device.metric'), onchange: e => { keep.metric = e.target.value; load().catch(fail); } }, metrics.map(m => h('option', { value: m }, word('metric', m))));
  metric.value = keep.metric ?? '';
  const range = h('select', { 'aria-label': t('device.range'), onchange: e => { keep.range = e.target.value; load().catch(fail); } }, ranges.map(([name]) => h('option', { value: name }, t(`range.${name}`))));
  range.value = keep.range;
  const fail = error => plot.replaceChildren(h('p', { class: 'bad' }, t('error.load', { status: error.status ?? error.name }), ' ', h('span', { class: 'data' }, error.message)));
  const stale = isStale(d);
  box.replaceChildren(
    h('h2', {}, h('a', { href: '#/devices' }, t('nav.devices')), ' / ', d.id, d.name ? ` — ${d.name}` : ''),
    h('dl', { class: 'facts' }, [['devices.kind', word('type', d.kind)], ['devices.zone', d.zone], ['devices.street', d.street], ['devices.gateway', d.gateway],
      ['device.registered', t(d.registered === false ? 'word.no' : 'word.yes')]].filter(([, v]) => v).map(([k, v]) => h('div', {}, h('dt', {}, t(k)), h('dd', {}, v))),
      h('div', {}, h('dt', {}, t('devices.lastSeen')), h('dd', { class: stale ? 'stale' : '', 'data-age': Date.parse(d.lastSeen) || null }, age(Date.parse(d.lastSeen))))),
    table(['device.metric', 'device.value', 'device.age'], values.map(([name, v]) => h('tr', { class: stale ? 'stale' : '' },
      h('td', {}, word('metric', name), word('metric', name) === name ? null : h('span', { class: 'data' }, name)), h('td', { class: 'number' }, shown(v.value)), ageCell(Date.parse(v.measuredAt), stale)))),
    h('div', { class: 'tools' }, metric, range), plot);
  await load().catch(fail);
}

export async function alert(box, id, act) {
  const a = await get(`/api/v1/alerts/${encodeURIComponent(id)}`);
  const note = h('input', { type: 'text', maxlength: 500, placeholder: t('alert.note'), 'aria-label': t('alert.note') });
  const steps = { raised: ['acknowledge'], acknowledged: ['start', 'resolve'], 'in-progress': ['resolve'], resolved: ['close'], closed: [] };
  const facts = [['alert.severity', word('severity', a.severity)], ['alert.state', word('state', a.state)], ['alert.device', a.device], ['alert.zone', a.zone], ['alert.rule', a.rule],
    ['alert.valueName', valueText(a)], ['alert.measuredAt', moment(Date.parse(a.measuredAt))], ['alert.receivedAt', moment(Date.parse(a.receivedAt))], ['alert.assignee', a.assignee]];
  box.replaceChildren(
    h('h2', { class: a.severity }, word('kind', a.kind), ' — ', where(a)),
    h('dl', { class: 'facts' }, facts.filter(([, v]) => v).map(([k, v]) => h('div', {}, h('dt', {}, t(k)), h('dd', {}, v)))),
    a.detail ? h('p', { class: 'wrap' }, a.detail) : null,
    act.mayAct() ? h('div', { class: 'tools' }, note, [...(steps[a.state] ?? []), 'note'].map(step =>
      h('button', { class: step === 'acknowledge' ? 'ack' : '', onclick: () => act.step(a, step, note.value) }, t(`action.${step}`)))) : null,
    table(['alert.when', 'alert.what', 'alert.who', 'alert.noteTitle'], (a.history ?? []).map(step => h('tr', {},
      h('td', {}, moment(Date.parse(step.when))), h('td', {}, word('step', step.what)), h('td', {}, step.who ?? t('alert.system')), h('td', { class: 'wrap' }, step.note === a.detail ? '' : step.note ?? '')))));
}

export async function quarantine(box) {
  const page = await get('/api/v1/quarantine?limit=200');
  box.replaceChildren(h('h2', {}, t('nav.quarantine')), h('p', { class: 'more' }, t('quarantine.what')),
    page.items.length === 0 ? h('p', { class: 'calm' }, t('quarantine.none'))
      : table(['quarantine.received', 'quarantine.source', 'quarantine.reason', 'quarantine.column', 'quarantine.line'], page.items.map(q => h('tr', {},
        ageCell(Date.parse(q.receivedAt)), h('td', {}, q.source ?? ''), h('td', {}, word('reason', q.reason)), h('td', { class: 'number' }, q.column || ''), h('td', { class: 'wrap' }, h('span', { class: 'data' }, q.line), q.message ? h('div', { class: 'more' }, q.message) : null)))));
}

export async function system(box) {
  const text = await call('GET', '/metrics', { as: 'text' });
  const lines = text.split('\n').filter(line => line && !line.startsWith('#')).map(line => /^([^{\s]+)(\{.*\})?\s+(\S+)/.exec(line)).filter(Boolean);
  const filter = h('input', { type: 'search', placeholder: t('system.filter'), 'aria-label': t('system.filter') });
  const body = h('tbody');
  const draw = () => {
    const wanted = filter.value.trim().toLowerCase();
    body.replaceChildren(...lines.filter(([whole]) => whole.toLowerCase().includes(wanted)).slice(0, rowsShown).map(([, name, labels, value]) =>
      h('tr', {}, h('td', { class: 'data' }, name, labels ? h('span', { class: 'labels' }, labels) : null), h('td', { class: 'number' }, number(Number(value), 3)))));
  };
  filter.addEventListener('input', draw);
  draw();
  box.replaceChildren(h('h2', {}, t('nav.system')), h('div', { class: 'tools' }, filter),
    h('div', { class: 'scroll' }, h('table', {}, h('thead', {}, h('tr', {}, h('th', {}, t('system.name')), h('th', {}, t('system.value')))), body)));
}
