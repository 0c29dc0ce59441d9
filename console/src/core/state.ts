// How a device looks: one sign, one word and one colour a state, so that no state is told by colour alone.
import './state.css';
import { h } from './dom';
import { t } from './i18n';
import { states, type State } from './citydata';

export { states, type State };

const signs: Record<State, string> = { ok: '●', stale: '◌', never: '○', info: 'i', minor: '▲', major: '▲▲', critical: '■', test: 'T' };

/** Worst first, for sorting: what must be looked at before what may wait. */
export const rank: Record<State, number> = { critical: 0, major: 1, minor: 2, info: 3, stale: 4, never: 5, test: 6, ok: 7 };

export const badge = (state: State): HTMLElement =>
  h('span', { class: `badge badge-${state}` }, h('span', { 'aria-hidden': 'true' }, signs[state]), t(`look.${state}`));
