// A place in the tree of lamps.
import { t } from '../core/i18n';
import type { Counts, LightOrder, Tree } from '../core/lamps';

/** The counts of a place of the tree; null when it is gone. */
export function countsOf(tree: Tree, target: string): { counts: Counts; name: string; ward: string | null } | null {
  const [scope, ...rest] = target.split('/'), id = rest.join('/');
  if (scope === 'city') return { counts: tree.city, name: t('lighting.city'), ward: null };
  if (scope === 'ward') { const ward = tree.wards.find(w => w.ward === id); return ward ? { counts: ward, name: id, ward: id } : null; }
  if (scope === 'group') { const group = tree.groups.find(g => g.id === id); return group ? { counts: group, name: group.name ?? id, ward: null } : null; }
  for (const ward of tree.wards) { const street = ward.streets.find(s => s.id === id); if (street) return { counts: street, name: street.name ?? id, ward: ward.ward }; }
  return null;
}

/** Whether an order is about lamps of a place of the tree; a lamp's own orders are the lamp's. */
export const concerns = (order: LightOrder, target: string, ward: string | null): boolean =>
  order.target === 'city' || order.target === target || (ward !== null && order.target === `ward/${ward}`);
