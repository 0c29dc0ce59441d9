// A device's history in windows as wide as the screen can show.
import { get } from './api';
import type { Point } from './chart';

interface Window { time: string; value: number; minimum?: number; maximum?: number }

/** Mean, least and greatest of one metric, in about `wanted` windows. A window stands at its middle, the last one never in the future. */
export async function history(device: string, metric: string, from: number, to: number, signal?: AbortSignal, wanted = 400): Promise<Point[]> {
  const step = Math.max(1, Math.ceil((to - from) / 1000 / wanted));
  const query = new URLSearchParams({ metric, from: new Date(from).toISOString(), to: new Date(to).toISOString(), step: `${step}s`, limit: '1000' });
  const found = await get<{ items: Window[] }>(`/api/v1/devices/${encodeURIComponent(device)}/history?${query}`, signal);
  return found.items.map(p => ({ time: Math.min(Date.parse(p.time) + step * 500, to), value: p.value, low: p.minimum, high: p.maximum })).filter(p => Number.isFinite(p.value));
}
