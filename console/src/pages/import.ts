// A file of devices, gateways, zones and streets: judged whole before anything of it is taken.
import { Refusal, messageOf, send } from '../core/api';
import { ask } from '../core/ask';
import { h, put } from '../core/dom';
import { choice, faultText, fileButton, type Fault } from '../core/form';
import { number, t, word } from '../core/i18n';
import type { Ctx, Page } from '../core/router';
import { table } from '../core/table';
import './import.css';

interface Outcome { zones?: number; streets?: number; gateways?: number; devices?: number; status?: number; errors?: Fault[] }

const types: Record<string, string> = { csv: 'text/csv', geojson: 'application/geo+json', json: 'application/json' };
/** As the server has it; a larger file is refused here before it is sent. */
const mostBytes = 16 * 1024 * 1024;
/** Faults on one screen; the file of them has all. */
const shown = 300;

export const page: Page = {
  route: 'import',
  nav: 'nav.import',
  group: 'admin',
  roles: ['technician', 'admin'],
  show(box, _args, ctx) {
    const below = h('div', { 'aria-live': 'polite' });
    const take = (chosen: File | undefined): void => { if (chosen) void judge(below, chosen, ctx); };
    const drop: HTMLElement = h('div', {
      class: 'drop',
      ondragover: (event: DragEvent) => { event.preventDefault(); drop.classList.add('over'); },
      ondragleave: () => drop.classList.remove('over'),
      ondrop: (event: DragEvent) => { event.preventDefault(); drop.classList.remove('over'); take(event.dataTransfer?.files[0]); },
    }, fileButton(t('import.choose'), '.csv,.geojson,.json,text/csv,application/geo+json,application/json', take), h('p', { class: 'more' }, t('import.drop')));
    drop.querySelector('label')!.classList.add('ack');
    put(box, h('h2', {}, t('import.title')), h('p', { class: 'more' }, t('import.what')), drop,
      h('p', { class: 'tools' }, h('span', { class: 'labels' }, t('import.pattern')),
        Object.keys(types).map(format => h('a', { class: 'button', href: `/api/v1/export?format=${format}`, download: `registry.${format}` }, t(`registry.export.${format}`)))),
      below);
  },
};

function progress(): { box: HTMLElement; told(part: 'sent' | 'line', value: any): void; writing(): void } {
  const bar = h('progress', { max: 1, value: 0, 'aria-label': t('import.progress') });
  const says = h('p', { class: 'more', role: 'status' }, t('import.sending'));
  return {
    box: h('div', { class: 'progress' }, bar, says),
    told(part, value) {
      // The first third is the way to the server, the rest the judging; a bar that jumps back would lie.
      if (part === 'sent') { bar.value = value / 3; says.textContent = t('import.sending'); }
      else if (value.total) { bar.value = 1 / 3 + (2 / 3) * (value.done / value.total); says.textContent = t('import.done', { n: number(value.done), m: number(value.total) }); }
    },
    writing() { says.textContent = t('import.writing'); },
  };
}

async function judge(box: HTMLElement, file: File, ctx: Ctx): Promise<void> {
  const type = types[file.name.split('.').at(-1)?.toLowerCase() ?? ''];
  const name = h('p', {}, h('strong', { class: 'data' }, file.name), ` · ${t('import.size', { n: number(file.size / 1024, 0) })}`);
  if (!type || file.size > mostBytes) {
    put(box, name, h('p', { class: 'bad' }, t(type ? 'import.tooLarge' : 'import.unknown')));
    return;
  }
  const bar = progress();
  put(box, name, bar.box);
  try {
    const outcome = await send('/api/v1/import?dry-run=true', file, type, bar.told, ctx.signal) as Outcome;
    if (ctx.signal.aborted) return;
    if (outcome.errors) put(box, name, faults(outcome.errors, file));
    else put(box, name, clean(box, outcome, file, type, name, ctx));
  } catch (error) { failed(box, name, error, ctx); }
}

function failed(box: HTMLElement, name: HTMLElement, error: unknown, ctx: Ctx): void {
  if (ctx.signal.aborted) return;
  const errors = error instanceof Refusal && Array.isArray(error.problem.errors) ? error.problem.errors as Fault[] : null;
  put(box, name, errors ? faults(errors, new File([], '')) : h('p', { class: 'bad' }, t('import.failed', { status: error instanceof Refusal ? error.status : '–' }), ' ', h('span', { class: 'data' }, messageOf(error))));
}

const sums = (o: Outcome): HTMLElement => h('dl', { class: 'facts' }, (['devices', 'gateways', 'zones', 'streets'] as const).map(what =>
  h('div', {}, h('dt', {}, t(`registry.tab.${what}`)), h('dd', { class: 'sum' }, number(o[what] ?? 0)))));

function clean(box: HTMLElement, o: Outcome, file: File, type: string, name: HTMLElement, ctx: Ctx): HTMLElement {
  const total = (o.devices ?? 0) + (o.gateways ?? 0) + (o.zones ?? 0) + (o.streets ?? 0);
  const run = async (): Promise<void> => {
    if (!await ask(t('import.ask', { file: file.name }), [t('import.askWhat', { n: number(total) })], t('import.act', { n: number(total) }))) return;
    const bar = progress();
    put(box, name, bar.box);
    try {
      const outcome = await send('/api/v1/import', file, type, (part, value) => { bar.told(part, value); if (value.done && value.done === value.total) bar.writing(); }, ctx.signal) as Outcome;
      if (ctx.signal.aborted) return;
      if (outcome.errors) put(box, name, faults(outcome.errors, file)); // somebody changed the registry between the two
      else put(box, name, h('div', { class: 'good panel' }, h('p', { class: 'calm' }, t('import.taken')), sums(outcome), h('a', { class: 'button', href: '#/registry' }, t('import.look'))));
    } catch (error) { failed(box, name, error, ctx); }
  };
  return h('div', { class: 'good panel' }, h('p', { class: 'calm' }, t('import.clean')), sums(o), h('button', { class: 'ack', onclick: () => void run() }, t('import.act', { n: number(total) })));
}

function faults(errors: Fault[], file: File): HTMLElement {
  const places = [...new Set(errors.map(e => e.field))].sort();
  const which = choice([['', t('import.everyColumn')], ...places.map((p): [string, string] => [p, column(p)])], '', { 'aria-label': t('import.column') });
  const search = h('input', { type: 'search', 'aria-label': t('import.filter'), placeholder: t('import.filter') });
  const list = h('div');
  const rows = new Set(errors.map(e => e.row)).size;
  const draw = (): void => {
    const wanted = search.value.toLowerCase();
    const match = errors.filter(e => (!which.value || e.field === which.value) && (!wanted || `${e.row} ${e.id} ${e.field} ${faultText(e)} ${e.message}`.toLowerCase().includes(wanted)));
    put(list, table(['import.row', 'import.kind', 'import.id', 'import.column', 'import.fault'], h('tbody', {}, match.slice(0, shown).map(e => h('tr', {},
      h('td', { class: 'number' }, e.row ? number(e.row) : t('import.file')), h('td', {}, e.type ? word('scope', e.type) : '–'), h('td', { class: 'data' }, e.id || '–'),
      h('td', {}, column(e.field)), h('td', { class: 'wrap' }, faultText(e), h('div', { class: 'labels data' }, e.message)))))),
    match.length > shown ? h('p', { class: 'more' }, t('import.more', { n: number(match.length - shown) })) : null);
  };
  which.addEventListener('change', draw);
  search.addEventListener('input', draw);
  draw();
  return h('div', {},
    h('p', { class: 'bad large', role: 'alert' }, t(errors.length >= 1000 ? 'import.faultsMany' : 'import.faults', { n: number(errors.length), rows: number(rows) })),
    h('p', { class: 'more' }, t('import.nothing')),
    h('div', { class: 'tools' }, search, which, h('button', { onclick: () => download(errors, file.name) }, t('import.download'))), list);
}

const column = (field: string): string => word('column', field);

/** The faults as a table for a spreadsheet; a text that would be a formula there is kept one. */
function download(errors: Fault[], name: string): void {
  const cell = (value: string | number): string => {
    const text = String(value);
    return `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
  };
  const lines = [['import.row', 'import.kind', 'import.id', 'import.column', 'import.fault'].map(key => cell(t(key))), ...errors.map(e => [cell(e.row), cell(e.type ?? ''), cell(e.id), cell(e.field), cell(faultText(e))])];
  const url = URL.createObjectURL(new Blob([`\uFEFF${lines.map(l => l.join(',')).join('\r\n')}\r\n`], { type: 'text/csv' }));
  h('a', { href: url, download: `${name.replace(/\.\w+$/, '') || 'import'}-${t('import.faultsFile')}.csv` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
