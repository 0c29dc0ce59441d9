// The readings of an incident's first devices, from ten minutes before it began: what an officer looks at to tell a fire from a kettle.
import { get } from '../core/api';
import { chart, type Chart } from '../core/chart';
import { h, put } from '../core/dom';
import { t, word } from '../core/i18n';
import type { Ctx } from '../core/router';
import { at } from '../core/time';
import type { Device } from '../core/types';
import type { IncidentDetail } from './incident';

const devicesDrawn = 4, metricsDrawn = 2, before = 10 * 60_000, after = 10 * 60_000, pointsWanted = 300;

/** What tells most comes first; what only grows, or says nothing of the moment, is not drawn. */
const telling = ['smoke_percent_per_m', 'temperature_celsius', 'combustible_ppm', 'water_level_m', 'loop_state', 'pm2_5_ug_m3', 'methane_percent_lel', 'voltage_v', 'power_w'];
const dull = new Set(['fault_code', 'battery_volt', 'energy_kwh', 'burning_hours', 'switch_on_count']);

interface History { items: { time: string; value: number; minimum?: number; maximum?: number }[] }
interface Drawing { id: string; metric: string; lines: Chart; box: HTMLElement }

/** The charts of one incident; `update` reads them again up to now. */
export class IncidentCharts {
  #drawings: Drawing[] = [];
  #of = '';

  constructor(private readonly box: HTMLElement, private readonly ctx: Ctx) {
    ctx.signal.addEventListener('abort', () => this.#drawings.forEach(d => d.lines.destroy()));
  }

  async update(incident: IncidentDetail): Promise<void> {
    const devices = incident.deviceIds.slice(0, devicesDrawn);
    if (devices.join() !== this.#of) {
      this.#of = devices.join();
      this.#drawings.forEach(d => d.lines.destroy());
      this.#drawings = (await Promise.all(devices.map(id => this.#choose(id)))).flat();
      if (this.ctx.signal.aborted) return;
      put(this.box, h('h3', {}, t('incident.charts')), this.#drawings.length ? this.#drawings.map(d => d.box) : h('p', { class: 'more' }, t('incident.noChart')));
    }
    const from = at(incident.openedAt) - before;
    const to = incident.closedAt ? at(incident.closedAt) + after : Date.now();
    await Promise.all(this.#drawings.map(d => this.#read(d, from, to)));
  }

  async #choose(id: string): Promise<Drawing[]> {
    const device = await get<Device>(`/api/v1/devices/${encodeURIComponent(id)}`, this.ctx.signal).catch(() => null);
    const numbers = Object.entries(device?.values ?? {}).filter(([name, v]) => typeof v.value === 'number' && !dull.has(name)).map(([name]) => name);
    const rank = (name: string): number => (telling.indexOf(name) + 1 || telling.length + 1);
    return numbers.sort((a, b) => rank(a) - rank(b)).slice(0, metricsDrawn).map(metric => {
      const lines = chart({ label: `${id} ${word('metric', metric)}`, height: 8 });
      return { id, metric, lines, box: h('div', {}, h('p', { class: 'more' }, h('a', { href: `#/device/${encodeURIComponent(id)}` }, id), ` · ${word('metric', metric)}`), lines.element) };
    });
  }

  async #read({ id, metric, lines }: Drawing, from: number, to: number): Promise<void> {
    const step = Math.max(1, Math.ceil((to - from) / 1000 / pointsWanted));
    const query = new URLSearchParams({ metric, from: new Date(from).toISOString(), to: new Date(to).toISOString(), step: `${step}s` });
    const page = await get<History>(`/api/v1/devices/${encodeURIComponent(id)}/history?${query}`, this.ctx.signal).catch(() => null);
    if (!page || this.ctx.signal.aborted) return;
    const points = page.items.map(p => ({ time: Date.parse(p.time), value: p.value, low: p.minimum, high: p.maximum })).filter(p => Number.isFinite(p.value));
    lines.update({ series: [{ label: word('metric', metric), points }], from, to, marks: [{ time: from + before, label: t('incident.began') }] });
  }
}
