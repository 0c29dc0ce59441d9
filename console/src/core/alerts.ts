// What is open, grouped by incident: one line an incident. Everything the event stream brings is here before anything is asked for again.
import { number, t, word } from './i18n';
import { placeName } from './names';
import { at } from './time';
import type { Alert, Incident, Severity } from './types';

/** Open alerts of one incident, or one alert that belongs to none. Summed up when somebody looks. */
export interface Group {
  key: string;
  /** Null for an alert without an incident. */
  incident: string | null;
  alerts: Map<string, Alert>;
  /** The worst alert, and of those the one that waits, and of those the newest. */
  lead: Alert;
  severity: Severity;
  waiting: number;
  devices: number;
  kinds: [kind: string, count: number][];
  /** When its newest alert was raised, and its oldest (milliseconds). */
  newest: number;
  oldest: number;
  /** Every open alert in it is of a test, a drill or works. */
  test: boolean;
  /** Number of its last event; 0 when it is not known. */
  revision: number;
}

const worst: Record<string, number> = { critical: 0, major: 1, minor: 2, info: 3 };
const kept = 40000; // alerts in memory, closed ones included: what is beyond is forgotten, closed ones first
const settling = 700; // ms in which nobody has read what has just moved

const alerts = new Map<string, Alert>();
const groups = new Map<string, Group>();
const stale = new Set<string>(); // keys of groups to sum up again
const seenRevisions = new Map<string, [time: number, revision: number][]>();
const choosers = new Set<(group: Group | null, byHand: boolean) => void>();
let touched: Set<string> | null = null; // ids that the stream brought while the list was read
let order: Group[] | null = null, counted: { groups: number; alerts: number; waiting: number } | null = null, changes = 0;
let chosen: string | null = null, byHand = false, movedAt = 0;

export const isOpen = (alert: Alert): boolean => alert.state !== 'closed' && alert.state !== 'resolved';
export const waiting = (alert: Alert): boolean => alert.state === 'raised';
const keyOf = (alert: Alert): string => alert.incident ?? `alert:${alert.id}`;

/** `cleared`: the condition has ended by itself, and a person must still decide (a fire). */
export const marks = (alert: Alert): string[] => [
  alert.test || alert.occasion ? alert.occasion ?? 'test' : '', alert.clearedAt ? 'cleared' : '', alert.historical ? 'historical' : '',
  alert.flapping ? 'flapping' : '', (alert.escalation ?? 0) > 0 ? 'escalated' : '',
].filter(Boolean);

/** Takes one alert; null when it is older than what is known (a stream and a list overlap, and may say things twice). */
export function take(alert: Alert, fromStream = false): 'new' | 'changed' | null {
  if (fromStream) touched?.add(alert.id);
  const old = alerts.get(alert.id);
  if (old && old.revision >= alert.revision) { noteRevision(alert); return null; }
  alerts.set(alert.id, alert);
  if (old && keyOf(old) !== keyOf(alert)) leave(old);
  const key = keyOf(alert);
  if (isOpen(alert)) {
    let group = groups.get(key);
    if (!group) {
      group = { key, incident: alert.incident ?? null, alerts: new Map(), lead: alert, severity: alert.severity, waiting: 0, devices: 0, kinds: [], newest: 0, oldest: 0, test: false, revision: 0 };
      groups.set(key, group);
    }
    group.alerts.set(alert.id, alert);
    stale.add(key);
  } else leave(alert);
  noteRevision(alert);
  order = null;
  if (alerts.size > kept) forget();
  return old ? 'changed' : 'new';
}

function noteRevision(alert: Alert): void {
  const group = groups.get(keyOf(alert));
  if (group && alert.event && alert.event > group.revision) group.revision = alert.event;
}

function leave(alert: Alert): void {
  const key = keyOf(alert), group = groups.get(key);
  if (!group) return;
  group.alerts.delete(alert.id);
  if (group.alerts.size === 0) { groups.delete(key); seenRevisions.delete(key); } else stale.add(key);
  order = null;
}

function forget(): void {
  for (const [id, alert] of alerts) {
    if (alerts.size <= kept * 0.8) return;
    if (!isOpen(alert)) alerts.delete(id);
  }
}

/** Incidents as the server has them: their revisions are what an acknowledgement names. */
export function takeIncidents(list: Incident[]): void {
  for (const one of list) {
    const group = groups.get(one.id);
    if (group && one.revision > group.revision) group.revision = one.revision;
  }
}

/** Begins to read the server's list: what the stream brings until `end` is newer than the list. */
export function begin(): { page(list: Alert[]): void; end(whole: boolean): void } {
  const there = new Set<string>();
  const fresh = touched = new Set<string>();
  return {
    page(list) {
      for (const alert of list) { there.add(alert.id); take(alert); }
    },
    end(whole) {
      if (touched === fresh) touched = null;
      if (!whole) return;
      for (const [id, alert] of alerts) {
        if (there.has(id) || fresh.has(id)) continue;
        alerts.delete(id);
        if (isOpen(alert)) leave(alert);
      }
    },
  };
}

export function clear(): void {
  alerts.clear();
  groups.clear();
  stale.clear();
  seenRevisions.clear();
  order = null;
  choose(null);
}

export const find = (id: string): Alert | undefined => alerts.get(id);
export const groupOf = (key: string): Group | undefined => groups.get(key);

function sumUp(group: Group): void {
  let lead: Alert | null = null, waits = 0, newest = 0, oldest = Infinity, test = true;
  const devices = new Set<string>(), kinds = new Map<string, number>();
  for (const alert of group.alerts.values()) {
    if (!lead || before(alert, lead)) lead = alert;
    if (waiting(alert)) waits++;
    const raised = at(alert.raisedAt);
    if (raised > newest) newest = raised;
    if (raised < oldest) oldest = raised;
    if (!alert.test) test = false;
    if (alert.device) devices.add(alert.device);
    kinds.set(alert.kind, (kinds.get(alert.kind) ?? 0) + 1);
  }
  if (!lead) return;
  Object.assign(group, { lead, severity: lead.severity, waiting: waits, newest, oldest, test, devices: devices.size });
  group.kinds = [...kinds].sort((a, b) => b[1] - a[1]);
}

const before = (a: Alert, b: Alert): boolean =>
  Number(a.test ?? false) - Number(b.test ?? false) < 0 || (Boolean(a.test) === Boolean(b.test) &&
    ((worst[a.severity] ?? 9) - (worst[b.severity] ?? 9) || Number(waiting(b)) - Number(waiting(a)) || at(b.raisedAt) - at(a.raisedAt)) < 0);

/** Open groups: live before test, worst first, waiting first, newest first. */
export function open(): Group[] {
  for (const key of stale) { const group = groups.get(key); if (group) sumUp(group); }
  if (stale.size) { stale.clear(); changes++; counted = null; }
  if (!order) { changes++; counted = null; }
  order ??= [...groups.values()].sort((a, b) =>
    Number(a.test) - Number(b.test) ||
    (worst[a.severity] ?? 9) - (worst[b.severity] ?? 9) ||
    Number(b.waiting > 0) - Number(a.waiting > 0) ||
    b.newest - a.newest || (a.key < b.key ? -1 : 1));
  return order;
}

/** Another number whenever the open groups are others, or stand otherwise. */
export const version = (): number => { open(); return changes; };

export const everyOpen = function* (): Generator<Alert> {
  for (const group of groups.values()) yield* group.alerts.values();
};

/** How many alerts wait, of those that are not a test. */
export function count(): { groups: number; alerts: number; waiting: number } {
  const list = open();
  if (counted) return counted;
  let all = 0, waits = 0;
  for (const group of list) { all += group.alerts.size; if (!group.test) waits += group.waiting; }
  return (counted = { groups: groups.size, alerts: all, waiting: waits });
}

/** The group that a key acts on: the one a person chose, else the worst that waits. */
export function current(): Group | null {
  const list = open();
  const held = chosen === null ? undefined : groups.get(chosen);
  if (held && byHand) return held;
  const best = list.find(group => group.waiting > 0) ?? list[0] ?? null;
  if ((best?.key ?? null) !== chosen) {
    chosen = best?.key ?? null;
    byHand = false;
    movedAt = performance.now();
    choosers.forEach(fn => fn(best, false));
  }
  return best;
}

/** A frame that has just jumped by itself was not read yet: a key pressed at that moment was meant for another alert. */
export const settled = (): boolean => byHand || performance.now() - movedAt > settling;

/** Notes which revision of a group stands on the screen now. */
export function drawn(group: Group): void {
  const list = seenRevisions.get(group.key) ?? [];
  if (list.at(-1)?.[1] === group.revision) return;
  list.push([performance.now(), group.revision]);
  const read = performance.now() - settling;
  while (list.length > 1 && list[1]![0] < read) list.shift(); // only the newest that was read, and what came after it
  seenRevisions.set(group.key, list.slice(-50));
}

/** The revision that a person can have read: what joined a moment ago still waits after an acknowledgement. */
export function seenRevision(group: Group): number {
  const list = seenRevisions.get(group.key);
  if (!list?.length) return group.revision;
  const read = performance.now() - settling;
  return (list.filter(([time]) => time < read).at(-1) ?? list[0]!)[1];
}

export function choose(key: string | null): void {
  chosen = key;
  byHand = key !== null;
  if (key !== null) choosers.forEach(fn => fn(groups.get(key) ?? null, true));
}

/** Tells which group is chosen, by a person or because it is the worst; until the signal. */
export function onChoice(fn: (group: Group | null, byHand: boolean) => void, signal: AbortSignal): void {
  choosers.add(fn);
  signal.addEventListener('abort', () => choosers.delete(fn));
}

export function move(step: number): void {
  const list = open();
  const from = list.findIndex(group => group.key === current()?.key);
  const next = list[Math.min(Math.max(from + step, 0), list.length - 1)];
  if (next) choose(next.key);
}

/** Where it is, in words: the zone or street by its name, else the place's own name. */
export function where(alert: Alert): string {
  const zone = alert.zone ? placeName('zone', alert.zone) : null;
  const street = alert.location?.street ? placeName('street', alert.location.street) : null;
  return [zone ?? alert.location?.name ?? street, zone ? null : street === alert.location?.name ? null : street].filter(Boolean).join(' · ') || alert.device || '';
}

export function valueText(alert: Alert): string {
  if (alert.value === null || alert.value === undefined) return '';
  return alert.threshold === null || alert.threshold === undefined
    ? number(alert.value)
    : t('alert.value', { value: number(alert.value), threshold: number(alert.threshold) });
}

/** What it is about, in one line: FIRE ×3 · Fire pre-alarm ×2. */
export const title = (group: Group): string => {
  const rest = group.kinds.filter(([kind]) => kind !== group.lead.kind);
  const own = group.kinds.find(([kind]) => kind === group.lead.kind)?.[1] ?? 1;
  const named = (kind: string, n: number): string => (n > 1 ? `${word('kind', kind)} ×${number(n)}` : word('kind', kind));
  return [named(group.lead.kind, own), ...rest.slice(0, 2).map(([kind, n]) => named(kind, n))].join(' · ');
};
