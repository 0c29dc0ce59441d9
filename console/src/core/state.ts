// How a device looks: one sign, one word and one colour a state, so that no state is told by colour alone.
import './state.css';
import { h } from './dom';
import { t } from './i18n';
import { states, type State } from './citydata';

export { states, type State };

const signs: Record<State, string> = { ok: '●', stale: '◌', never: '○', info: 'i', minor: '▲', major: '▲▲', critical: '■', test: 'T', unknown: '?' };

/** Worst first, for sorting: what must be looked at before what may wait. */
export const rank: Record<State, number> = { critical: 0, major: 1, minor: 2, info: 3, stale: 4, unknown: 5, never: 6, test: 7, ok: 8 };

/** Beside an old value: why it is old. A server that does not answer is not a silent device. */
export const staleWord = (unanswered: string | null | undefined, look = 'look.stale'): HTMLElement => h('span', { class: 'stale-word' }, staleText(unanswered, look));
export const staleText = (unanswered: string | null | undefined, look = 'look.stale'): string => (unanswered ? t('look.unanswered', { server: unanswered }) : t(look));

export const badge = (state: State): HTMLElement =>
  h('span', { class: `badge badge-${state}` }, h('span', { 'aria-hidden': 'true' }, signs[state]), t(`look.${state}`));
