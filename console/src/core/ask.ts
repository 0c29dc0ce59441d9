// Questions that must be answered before anything is done, and things that are shown once.
import { h, notice, type Child } from './dom';
import { t } from './i18n';
import './ask.css';

/** A dialog over the page; gives what `close` was called with, null when it was left. Escape leaves it; focus comes back to where it was. */
export function dialog<T>(title: string, fill: (close: (value: T | null) => void) => Child[]): Promise<T | null> {
  return new Promise(done => {
    const before = document.activeElement as HTMLElement | null;
    let answer: T | null = null;
    const box = h('dialog', { class: 'ask', 'aria-labelledby': 'ask-title' });
    const close = (value: T | null): void => { answer = value; box.close(); };
    box.addEventListener('close', () => { box.remove(); before?.focus(); done(answer); });
    box.append(h('h2', { id: 'ask-title' }, title), ...fill(close).flat(3).filter((c): c is Node | string => c instanceof Node || typeof c === 'string'));
    document.body.append(box);
    box.showModal();
  });
}

/** Asks whether to do something that cannot be undone by a second click. `act` says what the button does, in its own words. */
export async function ask(title: string, lines: Child[], act: string): Promise<boolean> {
  return await dialog<boolean>(title, close => {
    const leave = h('button', { autofocus: true, onclick: () => close(false) }, t('ask.leave'));
    return [lines.map(line => h('p', {}, line)), h('div', { class: 'tools ends' }, leave, h('button', { class: 'danger', onclick: () => close(true) }, act))];
  }) === true;
}

/** Asks for one text. */
export const askText = (title: string, lines: Child[], label: string, act: string, attributes: Record<string, string | number | boolean> = {}): Promise<string | null> =>
  dialog<string>(title, close => {
    const input = h('input', { required: true, autofocus: true, 'aria-label': label, ...attributes });
    return [lines.map(line => h('p', {}, line)), h('form', { onsubmit: (event: Event) => { event.preventDefault(); close(input.value); } },
      h('label', { class: 'field' }, h('span', {}, label), input),
      h('div', { class: 'tools ends' }, h('button', { type: 'button', onclick: () => close(null) }, t('ask.leave')), h('button', { class: 'ack' }, act)))];
  });

/** A text to be taken away: shown whole, with a button that copies it. */
export function copyable(text: string, label: string): HTMLElement {
  const shown = h('code', { class: 'once', tabindex: 0, 'aria-label': label }, text);
  const copy = async (): Promise<void> => {
    try { await navigator.clipboard.writeText(text); notice(t('ask.copied')); } catch {
      // Without https there is no clipboard: it is marked, so that Ctrl+C takes it.
      getSelection()?.selectAllChildren(shown);
      notice(t('ask.marked'));
    }
  };
  return h('div', { class: 'copyable' }, shown, h('button', { type: 'button', onclick: () => void copy() }, t('ask.copy')));
}

/** Shows a secret once: it is on no page, in no address and in no store, and gone with the dialog. */
export const showOnce = (title: string, content: Child[]): Promise<unknown> =>
  dialog(title, close => [content, h('p', { class: 'more' }, t('ask.once')), h('div', { class: 'tools ends' }, h('button', { class: 'ack', onclick: () => close(true) }, t('ask.taken')))]);
