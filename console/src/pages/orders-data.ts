// Orders for lamps as the server tells them.
import { Refusal, call } from '../core/api';
import { notice } from '../core/dom';
import { number, t } from '../core/i18n';
import type { Me } from '../core/types';

export interface Counts { confirmed: number; inForce: number; sent: number; notFollowed: number; away: number; outranked: number }

export interface Rival { id: string; by: string; level: number; priority: number; reason: string | null; lamps: number }

export interface Order {
  id: string; target: string; targetName: string; level: number; priority: number; start: string; expires: string | null; reason: string | null;
  by: string; at: string; releasedAt: string | null; releasedBy: string | null; state: 'ahead' | 'in-force' | 'released' | 'expired'; lamps: number;
  progress: Counts | null; curve: { seconds: number; confirmed: number }[]; outrankedBy: Rival[]; outranks: Rival[];
}

export interface Lamp {
  id: string; name: string | null; street: string | null; ward: string | null; gateway: string | null; sentence: string;
  wanted: { level: number; reason: string; until: string | null; orders: string[] };
  follow: 'confirmed' | 'in-force' | 'sent' | 'not-followed'; why: string | null; faults: string[];
}

export interface LampPage { items: Lamp[]; next: string | null; counts: Counts }

export interface Place { target: string; name: string; ward: string | null; lamps: number }

/** The parts of a progress bar, in the order in which a lamp goes through them. */
export const parts = ['confirmed', 'inForce', 'sent', 'notFollowed', 'away', 'outranked'] as const;

export const lampCount = (n: number): string => (n === 1 ? t('orders.lamp') : t('orders.lamps', { n: number(n) }));

export const everythingOn = 1000;

export const mayOrder = (me: Me): boolean => ['operator', 'lighting', 'admin'].some(role => me.roles.includes(role));

/** A duty officer orders light and nothing darker, and releases what he ordered. */
export const onlyLight = (me: Me): boolean => !['lighting', 'admin'].some(role => me.roles.includes(role));

/** Gives an order. */
export function give(target: string, body: Record<string, unknown>): Promise<Order> {
  const slash = target.indexOf('/');
  const place = slash < 0 ? 'city' : `${target.slice(0, slash)}s/${encodeURIComponent(target.slice(slash + 1))}`;
  return call<Order>('POST', `/api/v1/lighting/${place}/override`, { body });
}

/** Releases an order; says what came of it. */
export async function release(order: Order): Promise<void> {
  try {
    const done = await call<Order>('DELETE', `/api/v1/lighting/overrides/${order.id}`);
    notice(t('orders.done.released', { id: order.id, who: done.releasedBy ?? '' }));
  } catch (error) {
    notice(error instanceof Refusal && error.status === 403 ? t('orders.refused.release') : (error as Error).message, true);
  }
}
