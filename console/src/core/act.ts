// What a person does to an alert. The server decides, by the revision that was seen on the screen.
import * as alerts from './alerts';
import { Refusal, call, get } from './api';
import { notice } from './dom';
import { t, word } from './i18n';
import type { Alert } from './types';

/** Does one act (acknowledge, start, resolve, close, note, silence, reset, assign). False when the server refused. `fail` gets what is no conflict. */
export async function step(alert: Alert, name: string, body: Record<string, unknown>, fail: (error: unknown) => void): Promise<boolean> {
  try {
    const changed = await call<Alert | null>('POST', `/api/v1/alerts/${encodeURIComponent(alert.id)}/${name}`, { body, revision: alert.revision });
    if (changed?.id) alerts.take(changed);
    notice(t('done.step', { step: t(`action.${name}`), kind: word('kind', alert.kind) }));
    if (name === 'acknowledge') alerts.choose(null);
    return true;
  } catch (error) {
    if (!(error instanceof Refusal) || error.status !== 409) { fail(error); return false; }
    notice(error.problem.by ? t('error.conflict', { who: error.problem.by }) : t('error.changed'), true);
    const fresh = await get<Alert>(`/api/v1/alerts/${encodeURIComponent(alert.id)}`).catch(() => null);
    if (fresh) alerts.take(fresh);
    return false;
  }
}
