// The other servers of the city, as this one sees them: where else a screen may turn to, what only they see, and that one of them is gone.
import { get } from './api';
import type { Alert } from './types';

export interface Elsewhere { away: boolean; count: number; items: Alert[] }
export interface Other {
  name: string;
  state: 'here' | 'draining' | 'unanswering' | 'silent' | 'superseded' | 'left';
  /** Where a browser finds its console; null: nobody has said. */
  url: string | null;
  /** It answers. */
  there: boolean;
  /** It cannot reach the book either. */
  blind: boolean;
  /** Since when it stands as it does, as far as this screen knows, ms. */
  since: number;
  /** What its rules say and the book has not got; null while it does not answer. */
  provisional: Elsewhere | null;
}
interface Row {
  name: string; state: Other['state']; self: boolean; url?: string | null; beatSeconds?: number | null; answeredSeconds?: number | null;
  status?: { console?: string | null; faults?: { part: string }[]; provisional?: Elsewhere | null } | null;
}
export interface Answer { self: string; alone: boolean; items: Row[] }

const isGone = (one: { state: Other['state'] }): boolean => one.state === 'silent' || one.state === 'superseded' || one.state === 'unanswering';

let self = '', known: Other[] = [], single = false, asking = false;

export const name = (): string => self;
export const others = (): readonly Other[] => known;
/** One server serves the city: there is nobody to turn to, and nothing to ask again. */
export const alone = (): boolean => single;

// A server that was superseded may live on, cut off from the book: it answers, and what it sees nobody else may see.
const fresh = 5; // s
const answers = (row: Row): boolean => row.state === 'here' || row.state === 'draining' || (row.state === 'superseded' && row.answeredSeconds != null && row.answeredSeconds < fresh);

// A link is an address of the web and nothing else, whoever wrote it.
const address = (row: Row): string | null => [row.status?.console, row.url].find(url => url && /^https?:\/\//.test(url))?.replace(/\/$/, '') ?? null;

export function take(answer: Answer, now: number): void {
  single = answer.alone;
  self = answer.self;
  known = answer.items.filter(row => !row.self).map(row => {
    const before = known.find(one => one.name === row.name);
    // From unanswering to superseded is one absence, and it began with the last answer.
    const since = before && isGone(before) === isGone(row) ? before.since : isGone(row) ? now - (row.answeredSeconds ?? row.beatSeconds ?? 0) * 1000 : now;
    return {
      name: row.name, state: row.state, url: address(row), there: answers(row), blind: row.status?.faults?.some(f => f.part === 'book') ?? false, since,
      provisional: answers(row) ? row.status?.provisional ?? null : null,
    };
  });
}

export function forget(): void { self = ''; known = []; single = false; }

/** Those whose console may answer where this one does not, best first: a server that has the book before one that has not. */
export const turnTo = (): Other[] =>
  known.filter(one => one.url && (one.state === 'here' || one.state === 'draining' || one.state === 'unanswering')).sort((a, b) => Number(a.blind) - Number(b.blind));

/** Those that are gone without anybody having stopped them. */
export const gone = (): Other[] => known.filter(isGone);

/** Asks this server; false when nothing was learnt. A city of one server is asked once. */
export async function ask(): Promise<boolean> {
  if (single || asking) return false;
  asking = true;
  try {
    take(await get<Answer>('/api/v1/servers'), Date.now());
    return true;
  } catch { return false; // what was known of them stays: it is needed most when nothing answers
  } finally { asking = false; }
}
