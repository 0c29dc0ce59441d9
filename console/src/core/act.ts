// What a person does to an alert or an incident. The server decides, by the revision that was seen on the screen.
import * as alerts from './alerts';
import { Refusal, call, get } from './api';
import { notice } from './dom';
import { t, word } from './i18n';
import { moment } from './time';
import type { Alert, Incident } from './types';

export type Fail = (error: unknown) => void;

/** Does one act (acknowledge, start, resolve, close, note, silence, reset, assign). False when the server refused. `fail` gets what is no conflict. */
export async function step(alert: Alert, name: string, body: Record<string, unknown>, fail: Fail): Promise<boolean> {
  try {
    const changed = await call<Alert | null>('POST', `/api/v1/alerts/${encodeURIComponent(alert.id)}/${name}`, { body, revision: alert.revision });
    if (changed?.id) alerts.take(changed);
    notice(t('done.step', { step: t(`action.${name}`), kind: word('kind', alert.kind) }));
    if (name === 'acknowledge') alerts.choose(null);
    return true;
  } catch (error) {
    if (!isConflict(error)) { fail(error); return false; }
    tellConflict(error);
    const fresh = await get<Alert>(`/api/v1/alerts/${encodeURIComponent(alert.id)}`).catch(() => null);
    if (fresh) alerts.take(fresh);
    return false;
  }
}

/** Acknowledges everything of a group that waits and was read. */
export async function acknowledge(group: alerts.Group, fail: Fail): Promise<void> {
  const waiting = [...group.alerts.values()].filter(alerts.waiting);
  if (!group.incident || group.revision === 0) {
    for (const alert of waiting.slice(0, 50)) if (!await step(alert, 'acknowledge', {}, fail)) return;
    return;
  }
  const path = `/api/v1/incidents/${encodeURIComponent(group.incident)}`;
  try {
    takeAll(await call<IncidentReply>('POST', `${path}/acknowledge`, { body: {}, revision: alerts.seenRevision(group) }));
    notice(t('done.incident', { n: waiting.length, kind: word('kind', group.lead.kind), place: alerts.where(group.lead) }));
    alerts.choose(null);
  } catch (error) {
    if (!isConflict(error)) { fail(error); return; }
    tellConflict(error);
    const fresh = await get<IncidentReply>(path).catch(() => null);
    if (fresh) takeAll(fresh);
  }
}

type IncidentReply = Incident & { alertList?: Alert[] };

function takeAll(incident: IncidentReply): void {
  for (const alert of incident.alertList ?? []) alerts.take(alert);
  alerts.takeIncidents([incident]);
}

const isConflict = (error: unknown): error is Refusal => error instanceof Refusal && error.status === 409;

function tellConflict(error: Refusal): void {
  const { by, at, what } = error.problem;
  notice(by ? t(at ? 'error.conflictAt' : 'error.conflict', { who: by, time: at ? moment(Date.parse(at)) : '', what: what ? word('step', what) : '' }) : t('error.changed'), true);
}
