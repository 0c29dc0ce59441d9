// One incident: what happened, what to do, who to call, and every act on it. Everything here is also in the alert list; this is where the work is done.
import { step } from '../core/act';
import { isOpen } from '../core/alerts';
import { call, get, Refusal, told } from '../core/api';
import { detail } from '../core/detail';
import { h, notice, put } from '../core/dom';
import { age, clock, moment, t, word } from '../core/i18n';
import { acts, causesOf, fireActs } from '../core/lifecycle';
import { IncidentCharts } from './incident-charts';
import type { Ctx, Page } from '../core/router';
import { mayAct } from '../core/session';
import type { Alert, Incident } from '../core/types';
import './incident.css';

export interface TimelineStep { alert: string; kind: string; device?: string | null; what: string; when: string; who?: string | null; note?: string | null }
interface Phone { name: string; phone: string; role?: string | null }
export interface IncidentDetail extends Incident {
  alertList: Alert[];
  timeline: TimelineStep[];
  deviceIds: string[];
  card?: { runbook?: string | null; phones?: Phone[] | null } | null;
}

const devicesShown = 60, alertsShown = 100, chartsEvery = 15_000;

export const page: Page = {
  route: 'incidents',
  nav: null,
  group: 'watch',
  async show(box, [id], ctx) {
    const view = new IncidentView(box, id ?? '', ctx);
    await view.load();
    ctx.refresh(() => view.load(), 5);
    ctx.onAlert(alert => { if (alert.incident === id) void view.load().catch(failed); });
  },
};

class IncidentView {
  #box: HTMLElement; #id: string; #ctx: Ctx; #shown = ''; #busy = false; #again = false;
  #head = h('div', { class: 'incident-head' });
  #tools = h('div', { class: 'tools incident-acts' });
  #form = h('div', { class: 'incident-form' });
  #alerts = h('div');
  #card = h('section', { class: 'incident-card' });
  #charts = h('section', { class: 'incident-charts' });
  #devices = h('section', { class: 'incident-devices' });
  #timeline = h('section', { class: 'incident-timeline' });
  #drawn: IncidentCharts;
  #chartedAt = 0;

  constructor(box: HTMLElement, id: string, ctx: Ctx) {
    this.#box = box;
    this.#id = id;
    this.#ctx = ctx;
    this.#drawn = new IncidentCharts(this.#charts, ctx);
    put(box, this.#head, this.#tools, this.#form,
      h('div', { class: 'incident-grid' },
        h('div', {}, h('h3', {}, t('incident.alerts')), this.#alerts, this.#charts),
        h('div', {}, this.#card, this.#timeline, this.#devices)));
  }

  /** One look at the server at a time; a wish that comes meanwhile is one more look after it. */
  async load(): Promise<void> {
    if (this.#busy) { this.#again = true; return; }
    this.#busy = true;
    try {
      const incident = await get<IncidentDetail>(`/api/v1/incidents/${encodeURIComponent(this.#id)}`, this.#ctx.signal);
      if (this.#ctx.signal.aborted) return;
      this.#draw(incident);
      if (performance.now() - this.#chartedAt > chartsEvery) { this.#chartedAt = performance.now(); void this.#drawn.update(incident); }
    } catch (error) {
      if (error instanceof Refusal && error.status === 404) put(this.#box, h('p', { class: 'calm' }, t('incident.gone')));
      else throw error;
    } finally {
      this.#busy = false;
    }
    if (this.#again) { this.#again = false; await this.load(); }
  }

  #draw(incident: IncidentDetail) {
    const revision = JSON.stringify([incident.revision, incident.state]);
    if (revision === this.#shown) return; // nothing new: what somebody is reading, or typing, stays where it is
    this.#shown = revision;
    const lead: Alert | undefined = incident.lead, place = placeOf(incident);
    this.#head.className = `incident-head ${incident.severity}`;
    put(this.#head, 
      h('h2', { class: incident.severity }, t('incident.at', { kind: lead ? word('kind', lead.kind) : word('category', incident.category), place })),
      incident.test ? h('p', { class: 'incident-test' }, t('incident.test')) : '',
      h('p', { class: 'incident-summary' },
        `${word('severity', incident.severity)} · ${t('incident.summary', { waiting: incident.waiting, open: incident.open, alerts: incident.alerts, devices: incident.devices })}`),
      h('p', { class: 'incident-times' }, fact('incident.began', incident.openedAt), fact('incident.last', incident.lastAt), incident.closedAt ? fact('incident.closed', incident.closedAt) : null));
    put(this.#tools, mayAct() && incident.waiting > 0
      ? h('button', { class: 'ack takes', onclick: () => void this.#acknowledgeAll(incident) }, t('incident.acknowledgeAll', { n: incident.waiting })) : null);
    put(this.#alerts, ...incident.alertList.slice(0, alertsShown).map(alert => this.#alert(alert)),
      more(incident.alerts - Math.min(incident.alertList.length, alertsShown)));
    put(this.#card, h('h3', {}, t('incident.card')), card(incident));
    put(this.#timeline, h('h3', {}, t('incident.timeline')), timeline(incident.timeline));
    put(this.#devices, h('h3', {}, `${t('incident.devices')} (${incident.devices})`),
      h('p', { class: 'incident-devicelist' }, incident.deviceIds.slice(0, devicesShown).map(id => h('a', { href: `#/device/${encodeURIComponent(id)}` }, id)),
        more(incident.devices - Math.min(incident.deviceIds.length, devicesShown))));
  }

  #alert(alert: Alert) {
    const may = mayAct() ? [...(acts[alert.state] ?? []), ...fireActs(alert), 'note'] : [];
    return h('article', { class: `incident-alert ${alert.severity} ${alert.state}` },
      h('div', { class: 'line' }, h('strong', { class: alert.severity }, word('kind', alert.kind)), h('span', {}, marks(alert)), h('span', { 'data-age': Date.parse(alert.measuredAt) }, age(Date.parse(alert.measuredAt)))),
      h('p', {}, [alert.location?.name, alert.location?.street, alert.device].filter(Boolean).join(' · ')),
      h('p', { class: 'wrap' }, detail(alert.detail)),
      h('p', { class: 'more' }, `${word('state', alert.state)}${alert.acknowledgedBy ? ` · ${alert.acknowledgedBy}` : ''}`,
        alert.assignee ? ` · ${t('incident.assignee', { name: alert.assignee })}` : '', alert.cause ? ` · ${word('cause', alert.cause)}` : '', ' · ',
        t('incident.both', { measured: moment(Date.parse(alert.measuredAt)), received: moment(Date.parse(alert.receivedAt)) })),
      alert.clearedAt && isOpen(alert) ? h('p', { class: 'incident-suggest' }, t('incident.suggest', { time: clock(Date.parse(alert.clearedAt)) })) : null,
      h('div', { class: 'tools' }, may.map(act => h('button', { class: act === 'acknowledge' ? 'ack takes' : 'takes', onclick: () => this.#begin(alert, act) }, t(`action.${act}`)))));
  }

  /** What needs words or a second thought gets a form in its place on the page; an acknowledgement is done at once. */
  #begin(alert: Alert, act: string) {
    if (act === 'acknowledge' || act === 'start') { void this.#send(alert, act, {}); return; }
    const note = h('input', { type: 'text', maxlength: 500, 'aria-label': t('incident.note'), placeholder: t('incident.note') });
    const assignee = act === 'assign' ? h('input', { type: 'text', maxlength: 100, required: true, 'aria-label': t('incident.assignTo'), placeholder: t('incident.assignTo') }) : null;
    const cause = act === 'close' ? h('select', { 'aria-label': t('incident.cause') }, h('option', { value: '' }, t('incident.cause')),
      causesOf(alert).map(value => h('option', { value }, word('cause', value)))) : null;
    const form = h('form', { onsubmit: (event: Event) => {
      event.preventDefault();
      if (cause && !cause.value && causesOf(alert)[0] === 'fire') { notice(t('incident.causeNeeded'), true); return; }
      void this.#send(alert, act, { note: note.value || undefined, assignee: assignee?.value || undefined, cause: cause?.value || undefined });
    } },
      h('p', {}, ['silence', 'reset', 'resolve'].includes(act) ? t(`incident.confirm.${act}`) : `${t(`action.${act}`)}: ${word('kind', alert.kind)}`),
      h('div', { class: 'tools' }, cause, assignee, note, h('button', { class: 'ack takes' }, t('incident.do')), h('button', { type: 'button', onclick: () => put(this.#form) }, t('incident.cancel'))));
    put(this.#form, form);
    form.scrollIntoView({ block: 'nearest' });
    (cause ?? assignee ?? note).focus();
  }

  async #send(alert: Alert, act: string, body: Record<string, unknown>) {
    if (await step(alert, act, body, failed)) put(this.#form);
    await this.load();
  }

  async #acknowledgeAll(incident: Incident) {
    try {
      await call('POST', `/api/v1/incidents/${encodeURIComponent(incident.id)}/acknowledge`, { body: {}, revision: incident.revision });
      notice(t('done.incident', { n: incident.waiting, kind: word('kind', incident.lead.kind), place: placeOf(incident) }));
    } catch (error) {
      if (error instanceof Refusal && error.status === 409) notice(error.problem.by ? t('error.conflict', { who: error.problem.by }) : t('error.changed'), true);
      else failed(error);
    }
    await this.load();
  }
}

const failed = (error: unknown): void => notice(told(error), true);
const placeOf = (incident: Incident) => incident.zoneName ?? incident.lead?.location?.street ?? incident.place.replace(/^\w+\//, '');
const fact = (key: string, time: string) => h('span', {}, h('span', { class: 'more' }, `${t(key)} `), moment(Date.parse(time)), ' (', h('span', { 'data-age': Date.parse(time) }, age(Date.parse(time))), ')');
const more = (n: number) => n > 0 ? h('span', { class: 'more' }, t('incident.more', { n })) : '';
const marks = (alert: Alert) => [alert.occasion ?? (alert.test && 'test'), alert.historical && 'historical', alert.flapping && 'flapping', (alert.escalation ?? 0) > 0 && 'escalated']
  .filter(name => typeof name === 'string').map(name => h('em', { class: 'mark' }, t(`mark.${name}`)));

function card({ card: known }: IncidentDetail) {
  const phones = known?.phones ?? [];
  if (!known || (!known.runbook && phones.length === 0)) return h('p', { class: 'more' }, t('incident.noCard'), ' ', h('a', { href: '#/registry/zones' }, t('incident.toCard')));
  return h('div', {},
    h('ul', { class: 'incident-phones' }, phones.map(p => h('li', {}, h('a', { href: `tel:${p.phone.replace(/[^+\d]/g, '')}` }, p.phone), ` ${p.name}`, p.role ? h('span', { class: 'more' }, ` ${p.role}`) : null))),
    known.runbook ? h('div', { class: 'incident-runbook' }, known.runbook) : null);
}

function timeline(steps: TimelineStep[]) {
  return h('ol', { class: 'incident-steps', reversed: true }, steps.toReversed().map(step => h('li', {},
    h('time', { datetime: step.when, title: moment(Date.parse(step.when)) }, clock(Date.parse(step.when))), ' ',
    h('strong', {}, word('step', step.what)), ` ${word('kind', step.kind)}`, step.device ? ` · ${step.device}` : '', ` · ${step.who ?? t('alert.system')}`,
    step.note ? h('div', { class: 'wrap more' }, step.who ? step.note : detail(step.note)) : null)));
}
