// Giving an order: where, how bright, until when, why.
import { Refusal, get } from '../core/api';
import { ask, dialog } from '../core/ask';
import { h, notice, put, say } from '../core/dom';
import { choice, field, refused, type Field } from '../core/form';
import { language, number, t, timeFormat } from '../core/i18n';
import type { Ctx } from '../core/router';
import { everythingOn, give, mayOrder, onlyLight, type Order, type Place } from './orders-data';
import { placeBox } from './orders-place';

const levels = [0, 25, 40, 60, 80, 100];
const manyLamps = 500;

/** 23:00 of the city's evening: today's, or tomorrow's when it is past. The browser of an operator stands in the city. */
function at23(): Date {
  const then = new Date();
  then.setHours(23, 0, 0, 0);
  if (then.getTime() <= Date.now() + 60_000) then.setDate(then.getDate() + 1);
  return then;
}

/** The next sunrise, as the server works it out for the place. */
async function sunrise(target: string, signal: AbortSignal): Promise<Date> {
  for (const back of [1, 0]) {
    const day = new Date(Date.now() - back * 86_400_000);
    const date = `${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, '0')}-${String(day.getDate()).padStart(2, '0')}`;
    const place = target === 'city' ? '' : `&place=${encodeURIComponent(target)}`;
    const night = await get<{ sunrise: string }>(`/api/v1/lighting/preview/programmes?date=${date}${place}`, signal);
    if (Date.parse(night.sunrise) > Date.now() + 60_000) return new Date(night.sunrise);
  }
  throw new Error('no sunrise');
}

const shown = (time: Date): string => timeFormat({ weekday: 'short', hour: '2-digit', minute: '2-digit', day: 'numeric', month: 'numeric' }).format(time);

export interface OrderForm { element: HTMLElement; choose(place: Place): void }

/** The form. `given` after an order was taken; `looked` when another place is chosen. */
export function orderForm(ctx: Ctx, given: (order: Order) => Promise<void>, looked: (place: Place | null) => void): OrderForm {
  const may = mayOrder(ctx.me), light = onlyLight(ctx.me);
  const above = h('div', { class: 'above', role: 'alert' });
  const count = h('p', { class: 'orders-count', 'aria-live': 'polite' });
  const submit = h('button', { class: 'ack takes', disabled: !may }, t('orders.give'));
  const place = placeBox(ctx, chosen => {
    say(count, chosen ? t('orders.count', { n: number(chosen.lamps) }) : '');
    looked(chosen);
  });

  const slider = h('input', { type: 'range', min: 0, max: 100, step: 5, disabled: light, 'aria-label': t('orders.level') });
  slider.value = '100';
  const level = h('output', { class: 'orders-level' });
  const presets = levels.map(value => h('button', { type: 'button', disabled: light && value < 100, onclick: () => { slider.value = String(value); draw(); } }, value === 0 ? t('orders.off') : `${value} %`));
  const draw = (): void => {
    say(level, Number(slider.value) === 0 ? t('orders.off') : `${slider.value} %`);
    presets.forEach((button, i) => button.setAttribute('aria-pressed', String(levels[i] === Number(slider.value))));
  };
  slider.addEventListener('input', draw);
  draw();

  const until = choice(['hour', 'evening', 'sunrise', 'released', 'time'].map(key => [key, t(`orders.until.${key}`)]), 'hour');
  const time = h('input', { type: 'datetime-local', hidden: true, 'aria-label': t('orders.until.time') });
  until.addEventListener('change', () => { time.hidden = until.value !== 'time'; });
  const begin = choice(['now', 'later'].map(key => [key, t(`orders.start.${key}`)]), 'now');
  const beginTime = h('input', { type: 'datetime-local', hidden: true, 'aria-label': t('orders.start.later') });
  begin.addEventListener('change', () => { beginTime.hidden = begin.value !== 'later'; });
  const priority = choice([['100', t('orders.priority.usual')], ['200', t('orders.priority.event')], ['1000', t('orders.priority.everything')]], '100');
  const usual = h('datalist', { id: 'orders-reasons' }, ['match', 'works', 'accident', 'saving', 'festival'].map(key => h('option', { value: t(`orders.reason.${key}`) })));
  const reason = h('input', { maxlength: 200, required: true, list: 'orders-reasons', autocomplete: 'off' });

  const reasonField = field('reason', t('orders.reason'), reason, t('orders.reason.hint'));
  const untilField = field('expires', t('orders.until'), until);
  const startField = field('start', t('orders.start'), begin);
  const fields: Field[] = [reasonField, untilField, field('priority', t('orders.priority'), priority), startField];
  untilField.box.append(time);
  startField.box.append(beginTime);

  const end = async (target: string): Promise<Record<string, unknown>> => {
    switch (until.value) {
      case 'hour': return { minutes: 60 };
      case 'evening': return { expires: at23().toISOString() };
      case 'sunrise': return { expires: (await sunrise(target, ctx.signal)).toISOString() };
      case 'time': return time.value ? { expires: new Date(time.value).toISOString() } : {};
      default: return {};
    }
  };

  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    const target = place.value();
    if (!target) { put(above, h('p', { class: 'bad' }, t('orders.target.missing'))); place.focus(); return; }
    if ((until.value === 'time' && !time.value) || (begin.value === 'later' && !beginTime.value)) { put(above, h('p', { class: 'bad' }, t('orders.time.missing'))); return; }
    submit.disabled = true;
    try {
      const body = { level: Number(slider.value), priority: Number(priority.value), reason: reason.value, ...(begin.value === 'later' ? { start: new Date(beginTime.value).toISOString() } : {}), ...await end(target.target) };
      const ends = 'expires' in body ? t('orders.until.at', { time: shown(new Date(body.expires as string)) }) : 'minutes' in body ? t('orders.until.hour') : t('orders.until.released');
      if (target.lamps >= manyLamps && !await ask(t('orders.sure'), [t('orders.sure.what', { n: number(target.lamps), place: target.name, level: level.textContent ?? '' }), ends], t('orders.give'))) return;
      const order = await give(target.target, body);
      put(above);
      reason.value = '';
      notice(t('orders.done.given', { id: order.id, n: number(order.lamps) }));
      await given(order);
    } catch (error) {
      if (error instanceof Refusal && error.status === 403) put(above, h('p', { class: 'bad' }, t('orders.refused')));
      else refused(error, fields, above);
    } finally { submit.disabled = !may; }
  };

  const element = h('form', { class: 'form orders-form', onsubmit: send },
    h('h3', { class: 'wide' }, t('orders.new')),
    may ? null : h('p', { class: 'wide more' }, t('orders.viewer')),
    may && light ? h('p', { class: 'wide more' }, t('orders.duty')) : null,
    h('div', { class: 'above wide' }, above),
    h('div', { class: 'field half' }, h('span', { class: 'more' }, t('orders.target')), place.element, count),
    h('div', { class: 'field half' }, h('span', { class: 'more' }, t('orders.level')), h('div', { class: 'orders-slider' }, slider, level), h('div', { class: 'tools orders-presets', role: 'group', 'aria-label': t('orders.level') }, presets)),
    fields.map(f => f.box), usual, h('div', { class: 'tools orders-give' }, submit));
  if (!may) for (const input of element.querySelectorAll<HTMLInputElement>('input, select, button')) input.disabled = input !== place.element.querySelector('input');
  return { element, choose: place.choose };
}

/** "Everything on": asks once, for real, and says how many lamps it is about. */
export async function everything(ctx: Ctx, given: (order: Order) => Promise<void>): Promise<void> {
  const city = (await get<{ items: Place[] }>(`/api/v1/lighting/targets?limit=1&lang=${language()}`, ctx.signal)).items[0];
  const said = await dialog<string>(t('orders.everything'), close => {
    const reason = h('input', { required: true, maxlength: 200, 'aria-label': t('orders.reason') });
    reason.value = t('orders.everything.reason');
    return [h('p', {}, t('orders.everything.what', { n: number(city?.lamps ?? 0) })), h('form', { onsubmit: (event: Event) => { event.preventDefault(); close(reason.value); } },
      h('label', { class: 'field' }, h('span', {}, t('orders.reason')), reason),
      h('div', { class: 'tools ends' }, h('button', { type: 'button', autofocus: true, onclick: () => close(null) }, t('ask.leave')), h('button', { class: 'danger' }, t('orders.everything.do'))))];
  });
  if (said === null) return;
  try {
    const order = await give('city', { level: 100, priority: everythingOn, reason: said });
    notice(t('orders.done.given', { id: order.id, n: number(order.lamps) }));
    await given(order);
  } catch (error) { notice((error as Error).message, true); }
}
