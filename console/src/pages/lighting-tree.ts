// The tree: city, wards, streets, their lamps, and groups. One row a node; rows stay when counts change, so that nothing flickers and the focus stays where it is.
import { plain } from '../core/cityrows';
import { h, put, say } from '../core/dom';
import { number, t } from '../core/i18n';
import { lampBadge, stripe, type Counts, type GroupCounts, type LampData, type Tree } from '../core/lamps';

interface Node { target: string; level: number; name: string; counts?: Counts; lamp?: string; children: () => Node[]; branch: boolean }
interface Line { element: HTMLElement; twist: HTMLElement; name: HTMLElement; figures: HTMLElement; drawn: string }

export interface LightTree { element: HTMLElement; show(tree: Tree, data: LampData): void; choose(target: string): void }

const leaf = (): Node[] => [];

export function lightTree(chosen: (target: string) => void): LightTree {
  const search = h('input', { type: 'search', placeholder: t('lighting.find'), 'aria-label': t('lighting.find') });
  const list = h('div', { class: 'light-rows', role: 'tree', 'aria-label': t('lighting.tree'), 'data-keys': true });
  const element = h('div', { class: 'light-tree' }, search, list);
  const lines = new Map<string, Line>(), open = new Set<string>(['city', 'groups']);
  let tree: Tree | null = null, data: LampData | null = null, current = 'city', focus = 'city', shown: Node[] = [];

  /** A lamp's name below its street: what it shares with the street need not be read again, and would push its number out of sight. */
  const within = (name: string, street: string): string => name.replace(street, ' ').replace(/\s+/g, ' ').trim() || name;

  const lampsOf = (street: string, streetName: string): Node[] => [...data!.rows.values()].filter(row => row.street === street)
    .sort((a, b) => a.name.localeCompare(b.name, 'vi', { numeric: true }))
    .map(row => ({ target: `lamp/${row.id}`, level: 4, name: within(row.name, streetName), lamp: row.id, children: leaf, branch: false }));

  function groupNode(group: GroupCounts, level: number, path: string): Node {
    return {
      target: `group/${group.id}`, level, name: group.name ?? group.id, counts: group, branch: group.inner.length > 0 && level < 6,
      children: () => group.inner.map(id => tree!.groups.find(g => g.id === id)).filter(g => g !== undefined).map(g => groupNode(g, level + 1, `${path}/${g.id}`)),
    };
  }

  function roots(): Node[] {
    const wards = tree!.wards.map((ward): Node => ({
      target: ward.ward === null ? 'noward' : `ward/${ward.ward}`, level: 2, name: ward.ward ?? t('lighting.noWard'), counts: ward, branch: true,
      children: () => ward.streets.map((street): Node => ({
        target: street.id === null ? 'nostreet' : `street/${street.id}`, level: 3, name: street.name ?? t('lighting.noStreet'), counts: street, branch: street.id !== null, children: () => (street.id === null ? [] : lampsOf(street.id, street.name ?? street.id)),
      })),
    }));
    const inner = new Set(tree!.groups.flatMap(g => g.inner));
    const tops = tree!.groups.filter(g => !inner.has(g.id));
    return [
      { target: 'city', level: 1, name: t('lighting.scope.city'), counts: tree!.city, branch: true, children: () => wards },
      { target: 'groups', level: 1, name: t('lighting.groups'), branch: tops.length > 0, children: () => tops.map(g => groupNode(g, 2, g.id)) },
    ];
  }

  /** What is to be seen: what is open, or what is looked for with all that leads to it. */
  function flat(): Node[] {
    const wanted = plain(search.value.trim()), found: Node[] = [];
    const walk = (nodes: Node[]): boolean => {
      let any = false;
      for (const node of nodes) {
        const at = found.length;
        found.push(node);
        const mine = wanted !== '' && plain(node.name).includes(wanted);
        const inside = wanted ? node.level < 3 && walk(node.children()) || (open.has(node.target) && node.level >= 3 && walk(node.children())) : open.has(node.target) && walk(node.children());
        if (wanted && !mine && !inside) found.length = at; else any = true;
      }
      return any;
    };
    walk(roots());
    return found;
  }

  function line(node: Node): Line {
    const twist = h('span', { class: 'light-twist', 'aria-hidden': 'true' }), name = h('span', { class: 'light-name' }), figures = h('span', { class: 'light-figures' });
    const made: Line = { twist, name, figures, drawn: '', element: h('div', { role: 'treeitem', class: `light-row level-${node.level}`, 'aria-level': node.level, tabindex: -1 }, twist, name, figures) };
    made.element.addEventListener('click', event => {
      focus = node.target;
      if (node.target === 'groups' || (event.target === twist && node.branch)) turn(node.target); else press(node.target);
      made.element.focus({ preventScroll: true });
    });
    return made;
  }

  const press = (target: string): void => {
    if (target === 'groups' || target.startsWith('no')) { turn(target); return; }
    if (!target.startsWith('lamp/')) open.add(target);
    chosen(target);
  };

  function turn(target: string, wanted = !open.has(target)): void {
    if (wanted) open.add(target); else open.delete(target);
    draw();
  }

  function draw(): void {
    if (!tree || !data) return;
    shown = flat();
    if (!shown.some(node => node.target === focus)) focus = shown[0]?.target ?? 'city';
    const seen = new Map<string, number>();
    let next = list.firstElementChild;
    const keys = new Set<string>();
    for (const node of shown) {
      const n = seen.get(node.target) ?? 0, key = n ? `${node.target}#${n}` : node.target; // a group may stand in two groups
      seen.set(node.target, n + 1);
      keys.add(key);
      let made = lines.get(key);
      if (!made) { made = line(node); lines.set(key, made); }
      if (made.element === next) next = next.nextElementSibling; else list.insertBefore(made.element, next);
      paint(made, node);
    }
    for (const [key, made] of lines) if (!keys.has(key)) { made.element.remove(); lines.delete(key); }
  }

  function paint(made: Line, node: Node): void {
    const lamp = node.lamp ? data!.rows.get(node.lamp) : undefined, is = open.has(node.target) || (search.value.trim() !== '' && node.level < 3);
    const text = JSON.stringify([node.name, node.counts, lamp?.look, lamp?.level, is, node.branch, node.target === current, node.target === focus]);
    if (made.drawn === text) return;
    made.drawn = text;
    say(made.name, node.name);
    made.name.title = node.name;
    say(made.twist, node.branch ? (is ? '▾' : '▸') : '');
    if (node.branch) made.element.setAttribute('aria-expanded', String(is)); else made.element.removeAttribute('aria-expanded');
    made.element.setAttribute('aria-selected', String(node.target === current));
    made.element.classList.toggle('chosen', node.target === current);
    made.element.tabIndex = node.target === focus ? 0 : -1;
    if (lamp) put(made.figures, lampBadge(lamp.look, lamp.look === 'silent' ? t('lamplook.silent') : `${number(lamp.level, 0)} %`));
    else if (node.counts) put(made.figures, trouble(node.counts), h('span', { class: 'light-count' }, number(node.counts.lamps)), stripe(node.counts));
  }

  const trouble = (c: Counts): HTMLElement | null => (c.faults ? h('span', { class: 'lamp-badge lamp-fault', title: t('lighting.faultsHere', { n: c.faults }) }, h('span', { class: 'lamp-sign' }, `▲${number(c.faults)}`)) : null);

  function go(to: number): void {
    const node = shown[Math.min(Math.max(to, 0), shown.length - 1)];
    if (!node) return;
    focus = node.target;
    draw();
    lines.get(node.target)?.element.focus();
  }

  list.addEventListener('keydown', event => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const at = shown.findIndex(node => node.target === focus), node = shown[at];
    if (!node) return;
    const acts: Record<string, () => void> = {
      ArrowDown: () => go(at + 1), ArrowUp: () => go(at - 1), Home: () => go(0), End: () => go(shown.length - 1),
      ArrowRight: () => { if (node.branch && !open.has(node.target)) turn(node.target, true); else if (node.branch) go(at + 1); },
      ArrowLeft: () => {
        if (node.branch && open.has(node.target)) { turn(node.target, false); return; }
        for (let i = at - 1; i >= 0; i--) if (shown[i]!.level < node.level) { go(i); return; }
      },
      Enter: () => press(node.target), ' ': () => press(node.target),
    };
    const act = acts[event.key];
    if (act) { event.preventDefault(); event.stopPropagation(); act(); }
  });
  search.addEventListener('input', draw);

  return {
    element,
    show(next, rows) { tree = next; data = rows; draw(); },
    choose(target) {
      current = focus = target;
      if (data && tree) {
        const street = target.startsWith('lamp/') ? data.rows.get(target.slice(5))?.street : target.startsWith('street/') ? target.slice(7) : null;
        const ward = street ? tree.wards.find(w => w.streets.some(s => s.id === street)) : undefined;
        if (ward) { open.add('city'); open.add(ward.ward === null ? 'noward' : `ward/${ward.ward}`); if (target.startsWith('lamp/')) open.add(`street/${street}`); }
      }
      draw();
      lines.get(target)?.element.scrollIntoView({ block: 'nearest' });
    },
  };
}
