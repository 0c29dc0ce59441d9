// Making and changing a rota.
import { call } from '../core/api';
import { h, notice, put } from '../core/dom';
import { t, word } from '../core/i18n';
import type { Member, Override, Rota } from './oncall';
import { refusal } from './webhooks';

const channels = ['sms', 'call', 'zalo'];

/** What a field of date and time holds, in the time of this place. */
const local = (text: string | number) => {
  const time = new Date(text);
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
};
const instant = (text: string) => new Date(text).toISOString();
const field = (key: string, input: HTMLElement) => h('label', {}, t(`oncall.${key}`), input);

export function rotaForm(rota: Rota | null, saved: () => Promise<void>, cancel: () => void) {
  const id = h('input', { required: true, pattern: '[a-z0-9_\\-]{1,63}', maxlength: 63, value: rota?.id ?? '', disabled: !!rota });
  const name = h('input', { required: true, maxlength: 100, value: rota?.name ?? '' });
  const start = h('input', { type: 'datetime-local', required: true, value: local(rota?.start ?? new Date().setHours(7, 0, 0, 0)) });
  const hours = h('input', { type: 'number', min: 1, max: 744, required: true, value: String(rota?.turnHours ?? 12) });
  const members: Member[] = rota ? rota.members.map(m => ({ ...m })) : [{ name: '', phone: '', channel: 'sms' }];
  const overrides: Override[] = rota ? rota.overrides.filter(o => Date.parse(o.to) > Date.now()).map(o => ({ ...o })) : [];
  const people = h('div', { class: 'rows' });
  const instead = h('div', { class: 'rows' });

  const drawPeople = () => put(people, members.map((m, i) => h('div', { class: 'tools' },
    h('input', { required: true, maxlength: 100, value: m.name, 'aria-label': t('oncall.member'), placeholder: t('oncall.member'), onchange: (e: Event) => {
      const before = m.name;
      m.name = (e.target as HTMLInputElement).value.trim();
      for (const o of overrides) if (o.member === before) o.member = m.name;
      drawInstead();
    } }),
    h('input', { required: true, type: 'tel', maxlength: 24, value: m.phone, 'aria-label': t('oncall.phone'), placeholder: t('oncall.phone'), onchange: (e: Event) => { m.phone = (e.target as HTMLInputElement).value.trim(); } }),
    h('select', { 'aria-label': t('oncall.channel'), onchange: (e: Event) => { m.channel = (e.target as HTMLSelectElement).value; } },
      channels.map(c => h('option', { value: c, selected: c === m.channel }, word('channel', c)))),
    h('button', { type: 'button', disabled: i === 0, 'aria-label': t('oncall.up', { name: m.name }), onclick: () => { members.splice(i - 1, 0, ...members.splice(i, 1)); drawPeople(); } }, '↑'),
    h('button', { type: 'button', disabled: members.length === 1, 'aria-label': t('oncall.take', { name: m.name }), onclick: () => { members.splice(i, 1); drawPeople(); drawInstead(); } }, '✕'))));

  const drawInstead = () => put(instead, overrides.map((o, i) => h('div', { class: 'tools' },
    h('input', { type: 'datetime-local', required: true, value: local(o.from), 'aria-label': t('oncall.from'), onchange: (e: Event) => { o.from = instant((e.target as HTMLInputElement).value); } }),
    h('input', { type: 'datetime-local', required: true, value: local(o.to), 'aria-label': t('oncall.to'), onchange: (e: Event) => { o.to = instant((e.target as HTMLInputElement).value); } }),
    h('select', { 'aria-label': t('oncall.member'), onchange: (e: Event) => { o.member = (e.target as HTMLSelectElement).value; } },
      members.map(m => h('option', { value: m.name, selected: m.name === o.member }, m.name))),
    h('button', { type: 'button', 'aria-label': t('oncall.takeOverride'), onclick: () => { overrides.splice(i, 1); drawInstead(); } }, '✕'))));

  drawPeople();
  drawInstead();
  return h('form', { class: 'rota-form', onsubmit: async (event: Event) => {
    event.preventDefault();
    try {
      await call('PUT', `/api/v1/rotas/${encodeURIComponent(id.value)}`, {
        body: { name: name.value.trim(), members, start: instant(start.value), turnHours: Number(hours.value), overrides }, revision: rota?.revision,
      });
      notice(t('oncall.saved'));
      await saved();
    } catch (error) {
      notice(refusal(error, 'oncall'), true);
    }
  } },
  h('div', { class: 'tools' }, field('id', id), field('name', name), field('start', start), field('hours', hours)),
  h('h4', {}, t('oncall.members')), people,
  h('button', { type: 'button', onclick: () => { members.push({ name: '', phone: '', channel: 'sms' }); drawPeople(); } }, t('oncall.addMember')),
  h('h4', {}, t('oncall.overrides')), instead,
  h('button', { type: 'button', onclick: () => {
    const from = new Date(Date.now() + 3600_000).setMinutes(0, 0, 0);
    overrides.push({ from: new Date(from).toISOString(), to: new Date(from + 12 * 3600_000).toISOString(), member: members[0]?.name ?? '' });
    drawInstead();
  } }, t('oncall.addOverride')),
  h('div', { class: 'tools' }, h('button', { class: 'ack' }, t('oncall.save')), h('button', { type: 'button', onclick: cancel }, t('oncall.cancel'))));
}
