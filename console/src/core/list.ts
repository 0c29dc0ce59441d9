// The list that is always in sight: one line an incident, drawn only where one looks, so that 10,000 open alerts are as quick as ten.
import * as alerts from './alerts';
import { h, put, say } from './dom';
import { number, t, word } from './i18n';
import { isFire } from './lifecycle';
import * as provisional from './provisional';
import { age, moment, at } from './time';
import type { Alert } from './types';

export interface ListActs {
  mayAct(): boolean;
  lost(): boolean;
  choose(key: string): void;
  acknowledge(group: alerts.Group): void;
  acknowledgeOne(alert: Alert): void;
}

// Heights in rem, as style.css has them: a row's place is known without measuring it.
const tall = 6.1, short = 3.9, inner = 2.7, gap = 0.35, ahead = 400;

type Row = { key: string; top: number; height: number; group: alerts.Group; alert?: Alert };
export const symbols: Record<string, string> = { critical: '▲', major: '◆', minor: '●', info: '■' };

const hrefOf = (group: alerts.Group): string => group.incident ? `#/incidents/${encodeURIComponent(group.incident)}` : `#/alerts/${encodeURIComponent(group.lead.id)}`;

export class AlertList {
  readonly element = h('aside', { id: 'alerts' });
  #heading = h('h2', { class: 'list-head' });
  #calm = h('p', { class: 'calm', hidden: true });
  #scroll = h('div', { class: 'list-scroll', tabindex: 0, role: 'region' });
  #rows = h('ol', { class: 'list' });
  #made = new Map<string, Line>();
  #open = new Set<string>();
  #acts: ListActs;
  #chosen: string | null = null;
  #asked = false;
  #unfolded = 0;
  #stamp = '';
  #headed = '';
  #laid: Row[] = [];

  constructor(acts: ListActs) {
    this.#acts = acts;
    put(this.#scroll, this.#rows);
    put(this.element, provisional.element(), this.#heading, this.#calm, this.#scroll);
    this.#scroll.addEventListener('scroll', () => this.ask(), { passive: true });
    new ResizeObserver(() => this.ask()).observe(this.#scroll);
    this.words();
  }

  /** Once more, in the language of now. */
  words(): void {
    this.element.setAttribute('aria-label', t('alerts.title'));
    this.#scroll.setAttribute('aria-label', t('alerts.title'));
    for (const line of this.#made.values()) line.element.remove();
    this.#made.clear();
    provisional.draw();
    this.ask();
  }

  /** Draws with the next frame, whatever it is asked until then; at once on a page that is not painted. */
  ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    const go = (): void => { this.#asked = false; this.draw(); };
    if (document.hidden) setTimeout(go, 0); else requestAnimationFrame(go);
  }

  /** Shows or hides the alerts inside the chosen incident. */
  unfold(key: string | undefined, wanted?: boolean): void {
    if (!key) return;
    if ((alerts.groupOf(key)?.alerts.size ?? 0) > 1 && (wanted ?? !this.#open.has(key))) this.#open.add(key); else this.#open.delete(key);
    this.#unfolded++;
    this.ask();
  }

  draw(): void {
    const list = alerts.open();
    const mine = alerts.current()?.key ?? null;
    const { groups, alerts: all, waiting } = alerts.count();
    const head = `${groups} ${all} ${waiting} ${t('alerts.title')}`;
    if (head !== this.#headed) {
      this.#headed = head;
      put(this.#heading, t('alerts.title'),
        h('span', { class: 'count', title: t('alerts.count', { groups, alerts: all }) }, number(groups)),
        waiting > 0 ? h('span', { class: 'count waiting' }, t('alerts.waiting', { n: number(waiting) })) : null,
        all > groups ? h('span', { class: 'more' }, t('alerts.inside', { n: number(all) })) : null);
    }
    this.#calm.hidden = list.length > 0;
    const lost = this.#acts.lost();
    this.#calm.classList.toggle('bad', lost || provisional.away()); // then nobody knows that nothing is open
    say(this.#calm, list.length > 0 ? '' : t(lost ? 'alerts.unknown' : provisional.away() ? 'provisional.unknown' : 'alerts.none'));
    this.#scroll.hidden = list.length === 0;

    const rem = parseFloat(getComputedStyle(this.element).fontSize) || 16;
    const stamp = `${alerts.version()} ${rem} ${this.#unfolded}`;
    if (stamp !== this.#stamp) { // scrolling lays nothing out again
      this.#stamp = stamp;
      this.#laid = this.#layout(list, rem);
      const last = this.#laid.at(-1);
      this.#rows.style.height = `${last ? last.top + last.height : 0}px`;
    }
    const rows = this.#laid;
    if (mine !== this.#chosen) {
      this.#chosen = mine;
      const chosen = rows.find(row => row.key === mine);
      if (chosen) this.#bring(chosen);
    }
    const from = this.#scroll.scrollTop - ahead, to = this.#scroll.scrollTop + this.#scroll.clientHeight + ahead;
    const wanted = new Set<string>();
    let next = this.#rows.firstElementChild; // they stand in the page in the order in which they are seen: for screen readers and the tab key
    let index = 0;
    for (let high = rows.length; index < high;) { const half = (index + high) >> 1; if (rows[half]!.top + rows[half]!.height < from) index = half + 1; else high = half; }
    for (; index < rows.length && rows[index]!.top <= to; index++) {
      const row = rows[index]!;
      wanted.add(row.key);
      let line = this.#made.get(row.key);
      if (!line) {
        line = row.alert ? new AlertLine(this.#acts) : new GroupLine(this.#acts, key => this.unfold(key));
        this.#made.set(row.key, line);
      }
      if (line.element === next) next = next.nextElementSibling;
      else this.#rows.insertBefore(line.element, next);
      line.element.style.transform = `translateY(${row.top}px)`;
      line.element.style.height = `${row.height}px`;
      line.element.setAttribute('aria-posinset', String(index + 1));
      line.element.setAttribute('aria-setsize', String(rows.length));
      line.show(row.group, row.alert, row.key === mine, this.#open.has(row.group.key));
      if (!row.alert) alerts.drawn(row.group);
    }
    for (const [key, line] of this.#made) {
      if (wanted.has(key)) continue;
      line.element.remove();
      this.#made.delete(key);
    }
  }

  #layout(list: alerts.Group[], rem: number): Row[] {
    const rows: Row[] = [];
    let top = 0;
    for (const group of list) {
      const height = (group.waiting > 0 ? tall : short) * rem;
      rows.push({ key: group.key, top, height, group });
      top += height + gap * rem;
      if (!this.#open.has(group.key)) continue;
      const inside = [...group.alerts.values()].sort((a, b) => Number(alerts.waiting(b)) - Number(alerts.waiting(a)) || at(b.raisedAt) - at(a.raisedAt));
      for (const alert of inside) {
        rows.push({ key: `${group.key}/${alert.id}`, top, height: inner * rem, group, alert });
        top += (inner + 0.15) * rem;
      }
      top += gap * rem;
    }
    return rows;
  }

  #bring(row: Row): void {
    const box = this.#scroll;
    if (row.top < box.scrollTop) box.scrollTop = row.top;
    else if (row.top + row.height > box.scrollTop + box.clientHeight) box.scrollTop = row.top + row.height - box.clientHeight;
  }
}

interface Line { element: HTMLElement; show(group: alerts.Group, alert: Alert | undefined, chosen: boolean, open: boolean): void }

class GroupLine implements Line {
  #group!: alerts.Group;
  #kind = h('strong', { class: 'kind' });
  #symbol = h('span', { class: 'symbol', 'aria-hidden': 'true' });
  #age = h('span', { class: 'age' });
  #where = h('span', { class: 'where' });
  #value = h('span', { class: 'value' });
  #state = h('span', { class: 'state' });
  #marks = h('span', { class: 'marks' });
  #key = h('kbd', {}, 'A');
  #ack: HTMLButtonElement;
  #more: HTMLButtonElement;
  #link: HTMLAnchorElement;
  readonly element: HTMLLIElement;

  constructor(acts: ListActs, unfold: (key: string) => void) {
    const stop = (fn: () => void) => (event: Event) => { event.stopPropagation(); fn(); };
    this.#ack = h('button', { class: 'ack takes', onclick: stop(() => acts.acknowledge(this.#group)) }, t('action.acknowledge'), this.#key);
    this.#more = h('button', { class: 'unfold', onclick: stop(() => unfold(this.#group.key)) });
    this.#link = h('a', { class: 'to', 'aria-label': t('alert.open'), title: t('alert.open'), onclick: (event: Event) => event.stopPropagation() }, '➜');
    this.#ack.dataset.may = String(acts.mayAct());
    this.element = h('li', { onclick: () => acts.choose(this.#group.key) },
      h('div', { class: 'line first' }, h('span', { class: 'name' }, this.#symbol, this.#kind), this.#age),
      h('div', { class: 'line second' }, this.#where, this.#value),
      h('div', { class: 'line third' }, h('span', { class: 'small' }, this.#marks, this.#state), h('span', { class: 'buttons' }, this.#more, this.#link, this.#ack)));
  }

  show(group: alerts.Group, _alert: Alert | undefined, chosen: boolean, open: boolean): void {
    this.#group = group;
    const { lead } = group, { element } = this;
    element.className = `alert ${group.severity} ${group.waiting > 0 ? 'raised' : lead.state} ${group.waiting > 0 ? 'tall' : 'short'}${group.test ? ' test' : ''}${chosen ? ' chosen' : ''}`;
    element.dataset.id = lead.id;
    element.dataset.incident = group.incident ?? '';
    element.dataset.kind = lead.kind;
    if (chosen) element.setAttribute('aria-current', 'true'); else element.removeAttribute('aria-current');
    say(this.#symbol, symbols[group.severity] ?? '');
    say(this.#kind, alerts.title(group));
    const began = group.waiting > 0 ? at(lead.measuredAt) || group.newest : group.oldest;
    this.#age.dataset.age = String(began);
    this.#age.title = moment(began);
    say(this.#age, age(began));
    say(this.#where, alerts.where(lead));
    this.#where.title = alerts.where(lead);
    const marks = new Set<string>();
    for (const alert of group.alerts.size > 200 ? [lead] : group.alerts.values()) for (const mark of alerts.marks(alert)) marks.add(mark);
    if (!group.test) for (const mark of ['test', 'drill', 'works']) if (marks.has(mark) && !lead.test) marks.delete(mark);
    say(this.#value, group.alerts.size > 1 ? t('alerts.size', { alerts: number(group.alerts.size), devices: number(group.devices) }) : isFire(lead) ? '' : alerts.valueText(lead)); // what a fire rule counts says nothing to a person
    say(this.#state, group.waiting > 0 ? (group.alerts.size > 1 ? t('alerts.waiting', { n: number(group.waiting) }) : marks.size ? '' : word('state', lead.state)) // its button says so too
      : [alerts.where(lead), word('state', lead.state), lead.assignee ?? lead.acknowledgedBy].filter(Boolean).join(' · ')); // where it is stays in sight after it was acknowledged
    this.#state.title = group.waiting > 0 ? '' : this.#state.textContent ?? '';
    const text = [...marks].map(name => t(`mark.${name}`)).join('|');
    if (this.#marks.dataset.is !== text) {
      this.#marks.dataset.is = text;
      put(this.#marks, text ? text.split('|').map(one => h('em', { class: 'mark' }, one)) : []);
    }
    this.#ack.hidden = group.waiting === 0 || this.#ack.dataset.may !== 'true';
    this.#key.hidden = !chosen;
    this.#more.hidden = group.alerts.size < 2;
    this.#more.setAttribute('aria-expanded', String(open));
    this.#more.setAttribute('aria-label', t(open ? 'alerts.fold' : 'alerts.unfold', { n: number(group.alerts.size) }));
    say(this.#more, `${open ? '▾' : '▸'} ${number(group.alerts.size)}`);
    this.#link.href = hrefOf(group);
  }
}

class AlertLine implements Line {
  #alert!: Alert;
  #symbol = h('span', { class: 'symbol', 'aria-hidden': 'true' });
  #kind = h('span', { class: 'kind' });
  #what = h('span', { class: 'what' });
  #age = h('span', { class: 'age' });
  #state = h('span', { class: 'state' });
  #link: HTMLAnchorElement;
  #ack: HTMLButtonElement;
  readonly element: HTMLLIElement;

  constructor(acts: ListActs) {
    this.#ack = h('button', { class: 'ack takes', onclick: (event: Event) => { event.stopPropagation(); acts.acknowledgeOne(this.#alert); } }, t('action.acknowledge'));
    this.#ack.dataset.may = String(acts.mayAct());
    this.#link = h('a', { onclick: (event: Event) => event.stopPropagation() }, this.#what);
    this.element = h('li', { class: 'inside' }, this.#symbol, this.#kind, this.#link, this.#state, this.#age, this.#ack);
  }

  show(group: alerts.Group, alert: Alert): void {
    this.#alert = alert;
    this.element.className = `inside ${alert.severity} ${alert.state}`;
    this.element.dataset.alert = alert.id;
    say(this.#symbol, symbols[alert.severity] ?? '');
    say(this.#kind, alert.kind === group.lead.kind ? '' : word('kind', alert.kind));
    const name = alert.location?.name ?? alert.device ?? alert.zone ?? alert.id;
    say(this.#what, name);
    this.#link.title = name;
    this.#link.href = `#/alerts/${encodeURIComponent(alert.id)}`;
    say(this.#state, alerts.waiting(alert) ? '' : word('state', alert.state));
    this.#age.dataset.age = String(at(alert.measuredAt));
    say(this.#age, age(at(alert.measuredAt)));
    this.#ack.hidden = !alerts.waiting(alert) || this.#ack.dataset.may !== 'true';
  }
}
