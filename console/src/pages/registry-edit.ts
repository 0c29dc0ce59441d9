// One thing of the registry in a form. The server judges; what it refuses is told beside the field.
import { Refusal, all, call, get } from '../core/api';
import { ask, askText } from '../core/ask';
import { h, notice, put } from '../core/dom';
import { choice, clear, field, refused, tell, text, type Field } from '../core/form';
import { moment, t, word } from '../core/i18n';
import type { Ctx } from '../core/router';
import { FieldFault, deviceKinds, kindTitle, mayChange, type Row, type Tab } from './registry-data';
import { areaField, courseField, phonesField, thresholdsField } from './registry-fields';

/** A field and what it gives to the body. */
interface Part extends Field { wide?: boolean; read(body: Record<string, unknown>): void }

export async function edit(box: HTMLElement, tab: Tab, id: string | null, ctx: Ctx): Promise<void> {
  const path = `/api/v1/${tab.path}`;
  const whole = mayChange(ctx);
  const [row, kinds] = await Promise.all([
    id === null ? null : get<Row>(`${path}/${encodeURIComponent(id)}`, ctx.signal),
    deviceKinds(ctx.signal),
  ]);
  const above = h('div', { class: 'above', 'aria-live': 'polite' });
  const ids = text({ required: true, maxlength: 63, pattern: '[a-z0-9_\\-]+', value: row?.id ?? '', readonly: row !== null, spellcheck: false });
  const idField = field('id', t('registry.head.id'), ids, row ? null : t('registry.hint.id'));
  const parts = (await fields(tab, row, kinds, ctx)).filter(p => whole || ['runbook', 'phones'].includes(p.name));
  const fieldsOf: Field[] = [idField, ...parts];
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    clear(fieldsOf, above);
    const body: Record<string, unknown> = {};
    try {
      for (const part of parts) part.read(body);
    } catch (error) {
      if (error instanceof FieldFault) { refused(new Refusal(400, { errors: [{ row: 1, id: '', field: error.field, message: error.message, code: error.code }] }, 0), fieldsOf, above); return; }
      throw error;
    }
    button.disabled = true;
    try {
      await call('PUT', `${path}/${encodeURIComponent(ids.value)}${whole ? '' : '/card'}`, { body, revision: row?.revision, fresh: row === null, signal: ctx.signal });
      notice(t('registry.saved', { what: ids.value }));
      ctx.go(row ? `#/registry/${tab.name}` : `#/registry/${tab.name}/${encodeURIComponent(ids.value)}`);
    } catch (error) {
      if (ctx.signal.aborted) return;
      if (!row && error instanceof Refusal && error.status === 409) tell(fieldsOf, above, [{ row: 1, id: '', field: 'id', message: error.message, code: 'exists', about: [error.problem.by, error.problem.at ? moment(Date.parse(error.problem.at)) : ''].join(', ') }]);
      else if (refused(error, fieldsOf, above) && row) above.append(h('button', { type: 'button', onclick: () => void edit(box, tab, id, ctx) }, t('registry.reload')));
    } finally { button.disabled = false; }
  };
  const button = h('button', { class: 'ack' }, t('registry.save'));
  put(box,
    h('p', {}, h('a', { href: `#/registry/${tab.name}` }, `← ${t(`registry.tab.${tab.name}`)}`)),
    h('h3', {}, row ? row.name ?? row.id : t(`registry.new.${tab.name}`), row && row.state !== 'active' ? h('span', { class: 'tag calm mark' }, word('service', row.state)) : null),
    row ? h('p', { class: 'more' }, t('registry.changed', { when: moment(Date.parse(row.changedAt)), n: row.revision }), row.replacedBy ? ` · ${t('registry.replacedBy', { id: row.replacedBy })}` : '') : null,
    h('form', { class: 'form', onsubmit: save, novalidate: true }, above, idField.box, parts.map(p => h('div', { class: p.wide ? 'wide' : '' }, p.box)),
      h('div', { class: 'wide tools ends' }, h('a', { class: 'button', href: `#/registry/${tab.name}` }, t('ask.leave')), button)),
    whole && row && row.state === 'active' ? acts(tab, row, ctx) : null);
  if (!row) ids.focus();
}

async function fields(tab: Tab, row: Row | null, kinds: Awaited<ReturnType<typeof deviceKinds>>, ctx: Ctx): Promise<Part[]> {
  const plain = (name: string, value: string | null | undefined, attributes = {}, hint?: string): Part => {
    const input = text({ value: value ?? '', maxlength: 200, ...attributes });
    return { ...field(name, t(`registry.field.${name}`), input, hint), read: body => { body[name] = input.value.trim() || null; } };
  };
  const numeric = (name: string, value: number | null | undefined, hint?: string, label = `registry.field.${name}`, into?: string): Part => {
    const input = text({ value: value ?? '', inputmode: 'decimal', maxlength: 24 });
    return { ...field(into ?? name, t(label), input, hint), read: body => {
      const given = readNumber(input.value, into ?? name);
      if (!into) body[name] = given;
      else if (given !== null) body[into] = { ...body[into] as object ?? {}, [name]: given };
    } };
  };
  const suggested = async (name: string, path: string): Promise<Part> => {
    const list = h('datalist', { id: `registry-${name}` });
    const part = plain(name, row?.[name as 'zone'], { list: list.id, maxlength: 63, spellcheck: false });
    part.box.append(list);
    void all<Row>(`/api/v1/${path}`, 2000, ctx.signal).then(rows => put(list, rows.map(r => h('option', { value: r.id }, r.name ?? r.id)))).catch(() => undefined);
    return part;
  };
  const place = (hint?: string): Part[] => [numeric('lat', row?.lat, hint), numeric('lon', row?.lon)];
  const name = plain('name', row?.name);
  switch (tab.name) {
    case 'devices': case 'gauges': {
      const select = choice(kinds.map(k => [k.name, kindTitle(k.name)]), row?.kind ?? tab.kind);
      const kind: Part = { ...field('kind', t('registry.field.kind'), select), read: body => { body.kind = select.value; } };
      const thresholds = thresholdsField(row?.thresholds ?? {}, () => kinds.find(k => k.name === select.value), tab.name === 'gauges');
      select.addEventListener('change', thresholds.redraw);
      return [name, kind, await suggested('gateway', 'gateways'), await suggested('zone', 'zones'), await suggested('street', 'streets'), ...place(t('registry.hint.place')), { ...thresholds, wide: true }];
    }
    case 'gateways':
      return [name, await suggested('street', 'streets'), await suggested('zone', 'zones'), ...place()];
    case 'streets':
      return [name, plain('ward', row?.ward), { ...courseField(row?.line ?? null), wide: true }];
    default: {
      const runbook = h('textarea', { rows: 8, maxlength: 8000 }, row?.runbook ?? '');
      return [
        name,
        kindOfZone(row),
        plain('ward', row?.ward),
        ...place(t('registry.hint.zonePlace')),
        numeric('acknowledgeWithinSeconds', row?.settings?.acknowledgeWithinSeconds, t('registry.hint.acknowledge'), 'registry.field.acknowledge', 'settings'),
        numeric('coincidenceSeconds', row?.settings?.coincidenceSeconds, t('registry.hint.coincidence'), 'registry.field.coincidence', 'settings'),
        { ...field('runbook', t('registry.field.runbook'), runbook, t('registry.hint.runbook')), wide: true, read: body => { body.runbook = runbook.value.trim() || null; } },
        { ...phonesField(row?.phones ?? []), wide: true },
        { ...areaField(row?.boundary ?? null), wide: true },
      ];
    }
  }
}

function kindOfZone(row: Row | null): Part {
  const list = h('datalist', { id: 'registry-zone-kind' }, ['fire', 'flood', 'ward', 'river', 'market', 'school', 'hospital', 'park'].map(value => h('option', { value }, word('place', value))));
  const input = text({ value: row?.kind ?? '', list: list.id, maxlength: 200 });
  const part: Part = { ...field('kind', t('registry.field.zoneKind'), input), read: body => { body.kind = input.value.trim() || null; } };
  part.box.append(list);
  return part;
}

/** A number as people here write it: 19,8 is 19.8. */
function readNumber(given: string, name: string): number | null {
  const bare = given.trim().replace(',', '.');
  if (!bare) return null;
  const value = Number(bare);
  if (!Number.isFinite(value)) throw new FieldFault(name, 'number');
  return value;
}

function acts(tab: Tab, row: Row, ctx: Ctx): HTMLElement {
  const what = row.name ? `${row.name} (${row.id})` : row.id;
  const path = `/api/v1/${tab.path}/${encodeURIComponent(row.id)}`;
  const retire = async (): Promise<void> => {
    if (!await ask(t('registry.retire.title', { what }), [t(`registry.retire.${tab.one}`), t('registry.retire.again')], t('registry.retire.act', { what: row.id }))) return;
    try {
      await call('DELETE', path);
      notice(t('registry.retired', { what }));
      ctx.go(`#/registry/${tab.name}`);
    } catch (error) { notice(t('form.failed', { status: error instanceof Refusal ? error.status : '–' }), true); }
  };
  const replace = async (): Promise<void> => {
    const by = await askText(t('registry.replace.title', { what }), [t('registry.replace.what')], t('registry.replace.id'), t('registry.replace.act'), { maxlength: 63, pattern: '[a-z0-9_\\-]+', spellcheck: false });
    if (!by) return;
    try {
      await call('POST', `${path}/replace`, { body: { by } });
      notice(t('registry.replaced', { what: row.id, by }));
      ctx.go(`#/registry/${tab.name}/${encodeURIComponent(by)}`);
    } catch (error) { notice(error instanceof Refusal && error.status === 400 ? t('registry.replace.bad') : t('form.failed', { status: error instanceof Refusal ? error.status : '–' }), true); }
  };
  return h('div', { class: 'tools' },
    tab.one === 'device' ? h('a', { class: 'button', href: `#/device/${encodeURIComponent(row.id)}` }, t('registry.open')) : null,
    tab.one === 'gateway' ? h('a', { class: 'button', href: `#/gateways/${encodeURIComponent(row.id)}` }, t('registry.openGateway')) : null,
    tab.one === 'device' ? h('button', { onclick: () => void replace() }, t('registry.replace.button')) : null,
    h('button', { class: 'careful', onclick: () => void retire() }, t('registry.retire.button')));
}
