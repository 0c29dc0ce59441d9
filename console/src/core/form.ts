// Forms whose faults are told beside the field they are about.
import { Refusal, messageOf } from './api';
import { h, put, type Attributes, type Child } from './dom';
import { has, moment, t } from './i18n';
import './form.css';

export interface Fault { row: number; id: string; field: string; message: string; type?: string | null; code?: string | null; about?: string | null }

type Input = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

let serial = 0;

/** Sentences of the server that have a part of their own in them, and their keys. */
const sentences: [RegExp, string][] = [
  [/^(?<name>\S+) is from (?<low>\S+) to (?<high>\S+) ?(?<unit>.*)$/, 'range'],
  [/^(?<name>\S+) lies above the stage before it$/, 'order'],
  [/^(?<name>\S+): clear lies at or (?<side>above|below) raise$/, 'clear'],
  [/has no threshold "(?<name>.*)"; there are (?<known>.*?);/, 'name'],
  [/^a ring has at least four positions/, 'ring'],
  [/^\[(?<place>.*)\] is no place/, 'place'],
  [/^at most (?<most>\d+) points/, 'many'],
];

function sentence(about: string): string {
  for (const [pattern, key] of sentences) {
    const found = pattern.exec(about);
    if (found) return t(`fault.says.${key}`, found.groups ?? {});
  }
  return about;
}

/** What is wrong, in the language of the screen; the server's own words where there are no others. */
export function faultText(fault: Fault): string {
  const about = { about: sentence(fault.about ?? '') };
  if (fault.code && has(`fault.${fault.code}`)) return t(`fault.${fault.code}`, about);
  return has(`fault.field.${fault.field}`) ? t(`fault.field.${fault.field}`) : fault.message;
}

export interface Field { box: HTMLElement; input: Input; name: string }

/** A labelled field with a place for its fault. */
export function field(name: string, label: string, input: Input, hint?: Child): Field {
  const id = `f${++serial}`;
  input.id = id;
  input.name = name;
  input.setAttribute('aria-describedby', `${id}-fault${hint ? ` ${id}-hint` : ''}`);
  return {
    name, input,
    box: h('div', { class: `field field-${name}` }, h('label', { for: id }, label), input, h('p', { class: 'fault', id: `${id}-fault`, role: 'alert' }),
      hint ? h('p', { class: 'more', id: `${id}-hint` }, hint) : null),
  };
}

export const text = (attributes: Attributes = {}): HTMLInputElement => h('input', { autocomplete: 'off', ...attributes });

/** A file input that speaks the screen's language: the browser's own words would be in the browser's. */
export function fileButton(label: string, accept: string, chosen: (file: File) => void): HTMLElement {
  const input = h('input', { type: 'file', accept, class: 'unseen', id: `f${++serial}` });
  input.addEventListener('change', () => { const file = input.files?.[0]; input.value = ''; if (file) chosen(file); });
  return h('span', { class: 'file' }, input, h('label', { class: 'button', for: input.id }, label));
}

export const choice = (values: [string, string][], chosen: string | null | undefined, attributes: Attributes = {}): HTMLSelectElement => {
  const select = h('select', attributes, values.map(([value, label]) => h('option', { value }, label)));
  select.value = chosen ?? values[0]?.[0] ?? '';
  return select;
};

/** Marks the fields that the faults are about, puts the rest above, and goes to the first. */
export function tell(fields: Field[], above: HTMLElement, faults: Fault[]): void {
  clear(fields, above);
  const rest: string[] = [];
  let first: Input | null = null;
  for (const fault of faults) {
    const of = fields.find(f => f.name === fault.field);
    if (!of) { rest.push(faultText(fault)); continue; }
    of.input.setAttribute('aria-invalid', 'true');
    of.box.querySelector('.fault')!.textContent = faultText(fault);
    first ??= of.input;
  }
  put(above, rest.map(line => h('p', { class: 'bad' }, line)));
  if (first) first.focus(); else if (rest.length) above.scrollIntoView({ block: 'nearest' });
}

export function clear(fields: Field[], above: HTMLElement): void {
  put(above);
  for (const f of fields) {
    f.input.removeAttribute('aria-invalid');
    f.box.querySelector('.fault')!.textContent = '';
  }
}

/** Tells a refusal of the server in a form. Returns whether somebody else was first. */
export function refused(error: unknown, fields: Field[], above: HTMLElement): boolean {
  const problem = error instanceof Refusal ? error.problem : {};
  if (error instanceof Refusal && error.status === 409 && problem.by !== undefined) {
    clear(fields, above);
    put(above, h('p', { class: 'bad' }, t('form.first', { who: problem.by ?? '–', when: problem.at ? moment(Date.parse(problem.at)) : '–' })));
    above.scrollIntoView({ block: 'nearest' });
    return true;
  }
  if (Array.isArray(problem.errors)) tell(fields, above, problem.errors as Fault[]);
  else if (typeof problem.field === 'string') tell(fields, above, [{ row: 1, id: '', field: problem.field, message: messageOf(error), code: error instanceof Refusal && error.status === 409 ? 'last-admin' : null }]);
  else {
    clear(fields, above);
    put(above, h('p', { class: 'bad' }, t('form.failed', { status: error instanceof Refusal ? error.status : '–' }), ' ', h('span', { class: 'data' }, messageOf(error))));
  }
  return false;
}
