// Builds elements. Text is only ever set as text: nothing a device or a stranger wrote can become markup.
const svgNamespace = 'http://www.w3.org/2000/svg';

export type Child = Node | string | number | null | undefined | false | Child[];
// eslint-like precision would cost more than it gives here: a handler takes whichever event its name says.
export type Attributes = Record<string, string | number | boolean | null | undefined | ((event: any) => unknown)>;

function fill<E extends Element>(element: E, attributes: Attributes | null | undefined, children: Child[]): E {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name.slice(2), value as EventListener);
    else if (name === 'value') (element as unknown as HTMLInputElement).value = String(value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  add(element, children);
  return element;
}

function add(element: Element, children: Child[]): void {
  for (const child of children) {
    if (Array.isArray(child)) add(element, child);
    else if (child !== undefined && child !== null && child !== false) element.append(child instanceof Node ? child : String(child));
  }
}

/** An HTML element: h('button', { onclick, class: 'ack' }, 'text', child, [children]). A handler is any attribute on… that is a function. */
export const h = <K extends keyof HTMLElementTagNameMap>(tag: K, attributes?: Attributes | null, ...children: Child[]): HTMLElementTagNameMap[K] =>
  fill(document.createElement(tag), attributes, children);

/** An SVG element. */
export const s = <K extends keyof SVGElementTagNameMap>(tag: K, attributes?: Attributes | null, ...children: Child[]): SVGElementTagNameMap[K] =>
  fill(document.createElementNS(svgNamespace, tag), attributes, children);

/** Replaces what is in a box. */
export function put(box: Element, ...children: Child[]): void {
  box.replaceChildren();
  add(box, children);
}

/** Sets the text of an element, without touching one that already says so (a screen reader would repeat it). */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Says something for a few seconds, in a corner; a screen reader says it too. */
export function notice(text: string, bad = false): void {
  const box = h('div', { class: bad ? 'notice bad' : 'notice' }, text);
  const all = document.getElementById('notices');
  if (!all) return;
  all.append(box);
  while (all.children.length > 4) all.firstChild?.remove();
  setTimeout(() => box.remove(), bad ? 12000 : 5000);
}
