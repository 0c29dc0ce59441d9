// Builds elements. Text is only ever set as text: nothing a device or a stranger wrote can become markup.
const svgNamespace = 'http://www.w3.org/2000/svg';

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'value') element.value = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
  for (const child of children.flat()) {
    if (child !== undefined && child !== null && child !== false) element.append(child);
  }
  return element;
}

export const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
export const s = (tag, attributes, ...children) => fill(document.createElementNS(svgNamespace, tag), attributes, children);

/** Says something for a few seconds, in a corner; a screen reader says it too. */
export function notice(text, bad = false) {
  const box = h('div', { class: bad ? 'notice bad' : 'notice' }, text);
  const all = document.getElementById('notices');
  all.append(box);
  while (all.children.length > 4) all.firstChild.remove();
  setTimeout(() => box.remove(), bad ? 12000 : 5000);
}
