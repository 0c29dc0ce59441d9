// Fields with more in them than a line of text.
import { h, put } from '../core/dom';
import { choice, field, fileButton, text, type Field } from '../core/form';
import { number, t } from '../core/i18n';
import { FieldFault, areaPoints, thresholdNames, type Geometry, type Kind, type Phone } from './registry-data';

interface Part extends Field { read(body: Record<string, unknown>): void }

/** A field whose input is a group of others; the group itself carries the fault. */
function group(name: string, label: string, content: HTMLElement, hint?: string): Field {
  const bearer = h('input', { type: 'text', hidden: true, tabindex: -1 });
  const made = field(name, label, bearer, hint);
  const title = made.box.querySelector('label')!;
  const legend = h('h3', { id: `${bearer.id}-title` }, label);
  title.replaceWith(legend);
  content.setAttribute('role', 'group');
  content.setAttribute('aria-labelledby', legend.id);
  content.setAttribute('aria-describedby', `${bearer.id}-fault`);
  bearer.replaceWith(content);
  content.tabIndex = -1;
  return { ...made, input: content as unknown as HTMLInputElement };
}

export function thresholdsField(own: Record<string, number>, kind: () => Kind | undefined, gauge: boolean): Part & { redraw(): void } {
  const rows = h('div', { class: 'rows' });
  const lines: { name: () => string; value: HTMLInputElement }[] = [];
  const add = (name: string, value: number | null, fixed: boolean): void => {
    const names = [...new Set([...thresholdNames(kind()), ...(name ? [name] : [])])];
    const which = fixed ? null : choice(names.map(n => [n, n]), name || names[0], { 'aria-label': t('registry.threshold.name') });
    const input = text({ inputmode: 'decimal', value: value ?? '', 'aria-label': fixed ? t('registry.threshold.stage', { stage: name }) : t('registry.threshold.value') });
    const line = { name: () => which?.value ?? name, value: input };
    lines.push(line);
    const box = h('div', { class: 'one' }, which ?? h('b', {}, t('registry.threshold.stage', { stage: name })), input,
      fixed ? null : h('button', { type: 'button', onclick: () => { lines.splice(lines.indexOf(line), 1); box.remove(); } }, t('registry.remove')));
    rows.append(box);
  };
  const more = h('button', { type: 'button', onclick: () => { add('', null, false); lines.at(-1)!.value.focus(); } }, t('registry.threshold.add'));
  const redraw = (): void => {
    const given = lines.length ? read() : own;
    lines.length = 0;
    put(rows);
    const stages = thresholdNames(kind()).filter(n => ['I', 'II', 'III'].includes(n));
    for (const stage of stages) add(stage, given[stage] ?? null, true);
    for (const [name, value] of Object.entries(given)) if (!stages.includes(name)) add(name, value, false);
    more.hidden = thresholdNames(kind()).length === 0;
  };
  const read = (): Record<string, number> => {
    const values: Record<string, number> = {};
    for (const line of lines) {
      const bare = line.value.value.trim().replace(',', '.');
      if (!bare) continue;
      if (!Number.isFinite(Number(bare))) throw new FieldFault('thresholds', 'number');
      values[line.name()] = Number(bare);
    }
    return values;
  };
  redraw();
  const made = group('thresholds', t(gauge ? 'registry.field.stages' : 'registry.field.thresholds'), h('div', { class: 'rows' }, rows, h('div', {}, more)), t(gauge ? 'registry.hint.stages' : 'registry.hint.thresholds'));
  return { ...made, redraw, read: body => { const values = read(); body.thresholds = Object.keys(values).length ? values : null; } };
}

export function phonesField(phones: Phone[]): Part {
  const rows = h('div', { class: 'rows' });
  const lines: { name: HTMLInputElement; phone: HTMLInputElement; role: HTMLInputElement }[] = [];
  const add = (p: Phone | null): void => {
    const labelled = (key: string, value: string | null | undefined, attributes = {}): HTMLInputElement => text({ value: value ?? '', 'aria-label': t(key), placeholder: t(key), maxlength: 100, ...attributes });
    const line = { name: labelled('registry.phone.name', p?.name), phone: labelled('registry.phone.number', p?.phone, { inputmode: 'tel', maxlength: 32 }), role: labelled('registry.phone.role', p?.role) };
    lines.push(line);
    const box = h('div', { class: 'one' }, line.name, line.phone, line.role, h('button', { type: 'button', onclick: () => { lines.splice(lines.indexOf(line), 1); box.remove(); } }, t('registry.remove')));
    rows.append(box);
  };
  phones.forEach(add);
  const more = h('button', { type: 'button', onclick: () => { add(null); lines.at(-1)!.name.focus(); } }, t('registry.phone.add'));
  const made = group('phones', t('registry.field.phones'), h('div', { class: 'rows' }, rows, h('div', {}, more)), t('registry.hint.phones'));
  return { ...made, read: body => {
    body.phones = lines.map(l => ({ name: l.name.value.trim(), phone: l.phone.value.trim(), role: l.role.value.trim() || null })).filter(p => p.name || p.phone || p.role);
  } };
}

export function areaField(boundary: Geometry | null): Part {
  const input = h('textarea', { rows: 4, class: 'data', spellcheck: false, 'aria-label': t('registry.field.boundary') }, boundary ? JSON.stringify(boundary) : '');
  const says = h('p', { class: 'more', role: 'status' });
  const judge = (): void => {
    try {
      const g = parse(input.value);
      says.textContent = g ? t('registry.area.points', { type: g.type, n: number(areaPoints(g)) }) : t('registry.area.none');
    } catch { says.textContent = t('fault.field.boundary'); }
  };
  input.addEventListener('input', judge);
  judge();
  const made = field('boundary', t('registry.field.boundary'), input, t('registry.hint.boundary'));
  made.box.append(h('div', { class: 'tools' }, fileButton(t('registry.area.file'), '.geojson,.json,application/geo+json', async file => { input.value = (await file.text()).trim(); judge(); }), says));
  return { ...made, read: body => {
    try { body.boundary = parse(input.value); } catch { throw new FieldFault('boundary', 'boundary-text'); }
  } };
}

/** A geometry, a feature, or a collection of one: what drawing programs save. */
function parse(given: string): Geometry | null {
  if (!given.trim()) return null;
  let found = JSON.parse(given) as { type?: string; features?: unknown[]; geometry?: unknown };
  if (found.type === 'FeatureCollection') found = found.features?.[0] as typeof found;
  if (found?.type === 'Feature') found = found.geometry as typeof found;
  if (found?.type !== 'Polygon' && found?.type !== 'MultiPolygon') throw new SyntaxError('geometry');
  return { type: found.type, coordinates: (found as unknown as Geometry).coordinates };
}

export function courseField(line: number[][] | null): Part {
  const input = h('textarea', { rows: 6, class: 'data', spellcheck: false }, (line ?? []).map(p => `${p[0]} ${p[1]}`).join('\n'));
  return { ...field('line', t('registry.field.line'), input, t('registry.hint.line')), read: body => {
    const points = input.value.split(/\n|;/).map(l => l.trim()).filter(Boolean).map(l => l.split(/\s+/).map(Number));
    if (points.some(p => p.length !== 2 || !p.every(Number.isFinite))) throw new FieldFault('line', 'line-text');
    body.line = points.length ? points : null;
  } };
}
