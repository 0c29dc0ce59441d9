// What lamps used and what dimming saved: the city, a ward, a group, a street, a lamp; a month night by night, or twelve months; and how old the lamps are.
import { Refusal, call, get } from '../core/api';
import { chart, type Chart } from '../core/chart';
import { h, put, say } from '../core/dom';
import { language, moment, number, t, timeFormat } from '../core/i18n';
import type { Ctx, Page } from '../core/router';
import { at } from '../core/time';
import './energy.css';

interface Figures {
  day?: string; month?: string; street?: string; lamp?: string; name?: string; ward?: string;
  lamps: number; kwh: number; fullKwh: number; saved: number; savedByClo: number; burningHours: number; switchOns: number; estimatedKwh: number; marks: string[];
}
interface Reply { from: string; to: string; since: string | null; readTo: string | null; total: Figures; items: Figures[] }
interface Age {
  lamp: string; name: string | null; street: string | null; streetName: string | null; burningHours: number | null; counted: boolean; installed: string | null;
  fullWatts: number; fullFrom: string; lifeHours: number; lifeUsed: number | null; endsAbout: string | null; before: string[];
}
interface Ages { lamps: number; over: number; soon: number; items: Age[] }

type Sort = 'name' | 'lamps' | 'kwh' | 'fullKwh' | 'saved' | 'share' | 'hours' | 'switches';

const oldest = 12;
const two = (n: number) => String(n).padStart(2, '0');
const monthOf = (date: Date) => `${date.getFullYear()}-${two(date.getMonth() + 1)}`;
const share = (one: Figures): number => (one.fullKwh > 0 ? (one.saved / one.fullKwh) * 100 : 0);
const nameOf = (one: Figures): string => one.name ?? one.lamp ?? (one.street || t('energy.noStreet'));

/** First and last night of a month, or of the twelve months that end with it. */
function nights(month: string, year: boolean): { from: string; to: string } {
  const [y, m] = month.split('-').map(Number) as [number, number];
  return { from: `${monthOf(new Date(y, m - (year ? 12 : 1), 1))}-01`, to: `${month}-${two(new Date(y, m, 0).getDate())}` };
}

export const page: Page = {
  route: 'energy',
  nav: 'nav.energy',
  group: 'lighting',
  async show(box, args, ctx) {
    const target = args[0] ?? 'city';
    const [scope] = target.split('/');
    const inside = scope === 'street' ? 'lamp' : scope === 'lamp' ? null : 'street';
    const month = h('input', { type: 'month', value: monthOf(new Date()), required: true, pattern: '[0-9]{4}-[0-9]{2}', 'aria-label': t('energy.month') });
    const span = h('select', { 'aria-label': t('energy.span') }, ['month', 'year'].map(value => h('option', { value }, t(`energy.span.${value}`))));
    const csv = h('a', { class: 'button' }, t('energy.csv'));
    const title = h('h2', {}, t('energy.title'));
    const out = h('div', { 'aria-live': 'polite' }), table = h('div', {}), ages = h('div', {});
    const plot = chart({ label: t('energy.chart'), include: [0], digits: 1, height: 16 });
    ctx.signal.addEventListener('abort', () => plot.destroy());
    const turn = h('div', { class: 'energy-tools' },
      target === 'city' ? null : h('a', { href: '#/energy' }, t('energy.city')),
      h('label', {}, `${t('energy.month')} `, month), h('label', {}, `${t('energy.span')} `, span), csv, h('button', { type: 'button', onclick: () => window.print() }, t('energy.print')));
    const may = ctx.me.roles.some(role => role === 'lighting' || role === 'admin');
    put(box, title, turn, out, plot.element, table, ages, may ? luminaire(target, ctx) : null);

    let asked = 0;
    const load = async (): Promise<void> => {
      if (!month.value || !month.checkValidity()) return;
      const mine = ++asked, year = span.value === 'year';
      const { from, to } = nights(month.value, year);
      const query = (by: string) => `/api/v1/lighting/energy?target=${encodeURIComponent(target)}&from=${from}&to=${to}&by=${by}`;
      csv.setAttribute('href', `${query(inside ?? (year ? 'month' : 'day'))}&format=csv&lang=${language()}`);
      try {
        const [time, places] = await Promise.all([get<Reply>(query(year ? 'month' : 'day'), ctx.signal), inside ? get<Reply>(query(inside), ctx.signal) : null]);
        if (mine !== asked) return;
        draw(plot, time, year);
        put(out, cards(time), told(time));
        put(table, places?.items.length ? placesTable(places.items, inside!) : null);
      } catch (error) {
        if (ctx.signal.aborted || mine !== asked) return;
        const key = error instanceof Refusal && error.status === 404 ? 'energy.nobody' : error instanceof Refusal && error.status === 503 ? 'energy.busy' : 'energy.failed';
        put(out, h('p', { class: 'bad', role: 'alert' }, t(key)));
        put(table);
        const again = setTimeout(() => void load(), 5000); // a report that takes the turn is soon done
        ctx.signal.addEventListener('abort', () => clearTimeout(again));
      }
    };
    month.addEventListener('input', () => void load());
    span.addEventListener('change', () => void load());
    void name(target, ctx).then(called => say(title, target === 'city' ? t('energy.title') : t('energy.of', { name: called })));
    void old(target, ages, ctx);
    ctx.refresh(load, 120);
  },
};

async function name(target: string, ctx: Ctx): Promise<string> {
  const [scope, ...rest] = target.split('/');
  const id = rest.join('/');
  const asks: Record<string, string> = { street: 'streets', lamp: 'devices', group: 'lighting/groups' };
  let called = id;
  try {
    if (scope && asks[scope]) called = (await get<{ name: string | null }>(`/api/v1/${asks[scope]}/${encodeURIComponent(id)}`, ctx.signal)).name ?? id;
  } catch {
    // Its id says it too.
  }
  return scope === 'ward' || scope === 'group' ? t(`energy.${scope}`, { name: called }) : called;
}

function draw(plot: Chart, reply: Reply, year: boolean): void {
  const time = (one: Figures) => new Date(`${one.day ?? `${one.month}-15`}T${year ? '00' : '12'}:00`).getTime();
  const points = (value: (one: Figures) => number) => reply.items.map(one => ({ time: time(one), value: Math.round(value(one) * 1000) / 1000 }));
  plot.update({
    from: new Date(`${reply.from}T00:00`).getTime(), to: new Date(`${reply.to}T23:59`).getTime(),
    series: [
      { label: t('energy.full'), points: points(one => one.fullKwh), tone: 'minor', unit: 'kWh', bars: true },
      { label: t('energy.used'), points: points(one => one.kwh), tone: 'accent', unit: 'kWh', bars: true },
    ],
  });
}

function cards(reply: Reply) {
  const all = reply.total, lamps = Math.max(1, ...reply.items.map(one => one.lamps));
  const card = (key: string, text: string) => h('div', { class: 'energy-card' }, h('strong', {}, text), h('span', {}, t(key)));
  if (reply.items.length === 0) return h('p', { class: 'calm' }, t('energy.none'));
  return h('div', { class: 'energy-cards' },
    card('energy.used', `${number(all.kwh, 1)} kWh`), card('energy.full', `${number(all.fullKwh, 1)} kWh`), card('energy.saved', `${number(all.saved, 1)} kWh`),
    card('energy.savedShare', `${number(share(all), 1)} %`), all.savedByClo > 0 ? card('energy.clo', `${number(all.savedByClo, 1)} kWh`) : null,
    card('energy.hours', number(all.burningHours / lamps, 1)), card('energy.switches', number(all.switchOns / lamps, 1)), card('energy.lamps', number(all.lamps)));
}

function told(reply: Reply) {
  const since = reply.since && at(reply.since) > new Date(`${reply.from}T12:00`).getTime() ? h('p', { class: 'more' }, t('energy.since', { time: moment(at(reply.since)) })) : null;
  return [
    since,
    reply.readTo ? h('p', { class: 'more' }, t('energy.readTo', { time: moment(at(reply.readTo)) })) : null,
    reply.total.estimatedKwh > 0 ? h('p', { class: 'more' }, t('energy.estimated', { kwh: number(reply.total.estimatedKwh, 1) })) : null,
  ].filter(line => line !== null);
}

/** Streets or lamps side by side; a press on a head sorts by it. */
function placesTable(items: Figures[], by: 'street' | 'lamp') {
  const values: Record<Sort, (one: Figures) => number | string> = {
    name: nameOf, lamps: one => one.lamps, kwh: one => one.kwh, fullKwh: one => one.fullKwh, saved: one => one.saved, share,
    hours: one => one.burningHours / Math.max(1, one.lamps), switches: one => one.switchOns / Math.max(1, one.lamps),
  };
  const heads: [Sort, string][] = [['name', `energy.${by}`], ['kwh', 'energy.used'], ['fullKwh', 'energy.full'], ['saved', 'energy.saved'], ['share', 'energy.savedShare'], ['hours', 'energy.hours'], ['switches', 'energy.switches']];
  if (by === 'street') heads.splice(1, 0, ['lamps', 'energy.lamps']);
  let sort: Sort = 'kwh', down = true;
  const ths = heads.map(([key, word]) => h('th', { scope: 'col', class: key === 'name' ? '' : 'n' }, h('button', { type: 'button', onclick: () => { down = sort === key ? !down : key !== 'name'; sort = key; fill(); } }, t(word))));
  const body = h('tbody');
  const most = Math.max(...items.map(one => one.kwh), 1e-9);
  const fill = (): void => {
    ths.forEach((th, i) => { if (heads[i]![0] === sort) th.setAttribute('aria-sort', down ? 'descending' : 'ascending'); else th.removeAttribute('aria-sort'); });
    const order = [...items].sort((a, b) => {
      const [x, y] = [values[sort](a), values[sort](b)];
      return (typeof x === 'string' ? x.localeCompare(String(y), language()) : x - Number(y)) * (down ? -1 : 1);
    });
    put(body, order.map(one => row(one, by, most)));
  };
  fill();
  const label = t(by === 'street' ? 'energy.byStreet' : 'energy.byLamp');
  return h('section', { 'aria-label': label }, h('h3', {}, label), h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': label },
    h('table', { class: 'energy-table' }, h('thead', {}, h('tr', {}, ths, h('th', { scope: 'col' }, t('energy.marks')))), body)));
}

function row(one: Figures, by: 'street' | 'lamp', most: number) {
  const id = one.lamp ?? one.street;
  const bar = h('td', { class: 'n energy-bar' }, h('span', {}, number(one.kwh, 1, 1)));
  bar.style.setProperty('--share', `${Math.round((one.kwh / most) * 100)}%`);
  const each = Math.max(1, one.lamps);
  return h('tr', {},
    h('td', { title: one.ward ?? null }, id ? h('a', { href: `#/energy/${encodeURIComponent(`${by}/${id}`)}` }, nameOf(one)) : nameOf(one)),
    by === 'street' ? h('td', { class: 'n' }, number(one.lamps)) : null,
    bar, h('td', { class: 'n' }, number(one.fullKwh, 1, 1)), h('td', { class: 'n' }, number(one.saved, 1, 1)), h('td', { class: 'n' }, `${number(share(one), 1, 1)} %`),
    h('td', { class: 'n' }, number(one.burningHours / each, 1, 1)), h('td', { class: 'n' }, number(one.switchOns / each, 1)),
    h('td', { class: 'marks' }, one.marks.map(mark => t(`energy.mark.${mark}`)).join(' · ')));
}

async function old(target: string, box: HTMLElement, ctx: Ctx): Promise<void> {
  try {
    const found = await get<Ages>(`/api/v1/lighting/ageing?target=${encodeURIComponent(target)}&limit=${oldest}`, ctx.signal);
    const csv = h('a', { class: 'button', href: `/api/v1/lighting/ageing?target=${encodeURIComponent(target)}&format=csv&lang=${language()}` }, t('energy.csv'));
    const heads = ['energy.lamp', 'energy.street', 'energy.age', 'energy.life', 'energy.lifeUsed', 'energy.ends', 'energy.installed', 'energy.watts'];
    put(box, h('section', { 'aria-label': t('energy.ageing') }, h('h3', {}, t('energy.ageing')),
      h('p', { class: 'more' }, t('energy.ageingSaid', { over: number(found.over), soon: number(found.soon) })),
      h('div', { class: 'energy-tools' }, csv),
      h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': t('energy.ageing') }, h('table', { class: 'energy-table' },
        h('thead', {}, h('tr', {}, heads.map((key, i) => h('th', { scope: 'col', class: i > 1 ? 'n' : '' }, t(key))))), h('tbody', {}, found.items.map(aged)))),
      found.items.length === 1 && found.items[0]!.before.length ? h('p', { class: 'more' }, t('energy.before', { lamps: found.items[0]!.before.join(', ') })) : null));
  } catch {
    put(box); // the figures above say what there is
  }
}

function aged(one: Age) {
  const day = timeFormat({ dateStyle: 'medium' });
  return h('tr', {},
    h('td', {}, h('a', { href: `#/energy/${encodeURIComponent(`lamp/${one.lamp}`)}` }, one.name ?? one.lamp)), h('td', {}, one.streetName ?? one.street ?? ''),
    h('td', { class: 'n' }, one.burningHours === null ? '–' : `${number(one.burningHours, 0)} h`, one.burningHours !== null && !one.counted ? h('div', { class: 'marks' }, t('energy.seen')) : null),
    h('td', { class: 'n' }, `${number(one.lifeHours, 0)} h`), h('td', { class: `n${(one.lifeUsed ?? 0) >= 100 ? ' bad' : ''}` }, one.lifeUsed === null ? '–' : `${number(one.lifeUsed, 1)} %`),
    h('td', { class: 'n' }, one.endsAbout ?? '–'), h('td', { class: 'n' }, one.installed ? day.format(at(one.installed)) : '–'),
    h('td', { class: 'n' }, `${number(one.fullWatts, 1)} W`, h('div', { class: 'marks' }, t(`energy.from.${one.fullFrom}`))));
}

interface Luminaire { scope: string; clo: [number, number][] | null; lifeHours: number | null; installed: string | null }

/** What this place says of its luminaires; an empty field says nothing. */
function luminaire(target: string, ctx: Ctx) {
  const lamp = target.startsWith('lamp/');
  const curve = h('input', { size: 36, spellcheck: false, autocomplete: 'off', pattern: '\\s*(\\d+(\\.\\d+)?:\\d+(\\.\\d+)?\\s*)*', title: t('energy.curveWrong'), placeholder: '0:80 50000:100' });
  const life = h('input', { type: 'number', min: 1000, max: 1000000, step: 500 });
  const installed = h('input', { type: 'date' });
  const told = h('p', { class: 'more', 'aria-live': 'polite' });
  const fill = async (): Promise<void> => {
    const mine = (await get<{ items: Luminaire[] }>('/api/v1/lighting/luminaires', ctx.signal)).items.find(one => one.scope === target);
    curve.value = (mine?.clo ?? []).map(([hours, percent]) => `${hours}:${percent}`).join(' ');
    life.value = String(mine?.lifeHours ?? '');
    installed.value = mine?.installed?.slice(0, 10) ?? '';
    for (const field of fields) field.disabled = false;
  };
  const keep = async (event: Event): Promise<void> => {
    event.preventDefault();
    const points = curve.value.trim().split(/\s+/).filter(Boolean).map(point => point.split(':').map(Number));
    try {
      await call('PUT', '/api/v1/lighting/luminaires', {
        signal: ctx.signal,
        body: {
          scope: target, clo: points.length ? points : null, lifeHours: life.value ? Number(life.value) : null,
          ...(lamp && installed.value ? { installed: new Date(`${installed.value}T12:00`).toISOString() } : {}),
        },
      });
      say(told, t('energy.kept'));
    } catch (error) {
      say(told, t('energy.refused', { why: error instanceof Refusal ? error.message : '' }));
    }
  };
  const save = h('button', {}, t('energy.keep'));
  const fields = [curve, life, installed, save];
  // What nobody has read yet must not be written over, neither what is typed by what comes late, nor what is kept by empty fields.
  for (const field of fields) field.disabled = true;
  void fill().catch(() => { if (!ctx.signal.aborted) say(told, t('energy.failed')); });
  return h('details', { class: 'energy-luminaire' }, h('summary', {}, t('energy.luminaire')), h('p', { class: 'more' }, t('energy.luminaireWhat')),
    h('form', { class: 'energy-tools', onsubmit: keep }, h('label', {}, `${t('energy.curve')} `, curve), h('label', {}, `${t('energy.lifeHours')} `, life),
      lamp ? h('label', {}, `${t('energy.installed')} `, installed) : null, save), told);
}
