// The HTTP contract, and nothing else: the console knows the server only through what any other program could call.
import { t } from './i18n';
import type { Page } from './types';

let antiForgery: string | null = null;

export interface Problem { title?: string; detail?: string; by?: string; at?: string; what?: string; [more: string]: unknown }

/** A refusal by the server: RFC 9457 problem details where it sent them. */
export class Refusal extends Error {
  constructor(readonly status: number, problem: Problem | null, readonly waitSeconds: number) {
    super(problem?.detail ?? problem?.title ?? String(status));
    this.problem = problem ?? {};
  }

  readonly problem: Problem;
}

/** No answer came: the line or the server is gone, or it took too long. Of a wish nobody here knows whether it has been done. */
export class Unanswered extends Error {
  constructor(readonly wish: boolean, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause));
  }
}

// Asked when a wish is refused: whether that was because somebody has signed in anew in this browser. 'same' person: it is sent once more.
let doubt: (() => Promise<'same' | 'other' | null>) | null = null;
export const whenForbidden = (ask: typeof doubt): void => { doubt = ask; };

export const antiForgeryToken = (token: string | null | undefined): void => { antiForgery = token ?? null; };

export interface CallOptions {
  body?: unknown;
  /** A body that is not JSON, sent as it is, with its type. */
  raw?: { body: BodyInit; type: string };
  /** The revision that was seen: If-Match. */
  revision?: number | undefined;
  /** Only if there is none yet: If-None-Match. */
  fresh?: boolean;
  as?: 'json' | 'text';
  /** Milliseconds until it is given up. */
  patience?: number;
  signal?: AbortSignal | undefined;
}

export async function call<T = unknown>(method: string, path: string, options: CallOptions = {}): Promise<T> {
  try { return await once<T>(method, path, options); } catch (error) {
    if (method === 'GET' || !antiForgery || !(error instanceof Refusal) || error.status !== 403) throw error;
    const who = await doubt?.();
    if (who === 'other') throw new Refusal(403, { detail: t('login.otherDo') }, 0);
    if (who === 'same') return await once<T>(method, path, options); // refused, so nothing has happened
    throw error;
  }
}

async function once<T>(method: string, path: string, options: CallOptions): Promise<T> {
  const { body, raw, revision, fresh, as = 'json', patience = 15000, signal } = options;
  const headers: Record<string, string> = { accept: as === 'json' ? 'application/json' : '*/*' };
  if (raw) headers['content-type'] = raw.type;
  else if (body !== undefined) headers['content-type'] = 'application/json';
  if (revision !== undefined) headers['if-match'] = `"${revision}"`;
  if (fresh) headers['if-none-match'] = '*';
  if (method !== 'GET' && antiForgery) headers['x-csrf-token'] = antiForgery;
  const limit = AbortSignal.timeout(patience);
  let answer: Response;
  try {
    answer = await fetch(path, {
      method, headers, credentials: 'same-origin', cache: 'no-store', signal: signal ? AbortSignal.any([signal, limit]) : limit,
      body: raw ? raw.body : body === undefined ? null : JSON.stringify(body),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Unanswered(method !== 'GET', error);
  }
  const isJson = /\bjson\b/.test(answer.headers.get('content-type') ?? '');
  if (!answer.ok) throw new Refusal(answer.status, isJson ? await answer.json().catch(() => null) as Problem | null : null, Number(answer.headers.get('retry-after')) || 60);
  if (answer.status === 204) return null as T;
  return (as === 'json' ? await answer.json() : await answer.text()) as T;
}

/** Sends a file and hears how far it is: sent bytes first, then each line of the answer (application/x-ndjson). Gives the last line. */
export function send(path: string, file: Blob, type: string, told: (part: 'sent' | 'line', value: any) => void, signal: AbortSignal): Promise<any> {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    let read = 0, last: unknown = null;
    const lines = (end: boolean): void => {
      const upTo = end ? request.responseText.length : request.responseText.lastIndexOf('\n') + 1;
      for (const line of request.responseText.slice(read, upTo).split('\n')) {
        if (!line) continue;
        last = JSON.parse(line);
        told('line', last);
      }
      read = Math.max(read, upTo);
    };
    request.open('POST', path);
    request.setRequestHeader('content-type', type);
    request.setRequestHeader('accept', 'application/x-ndjson');
    if (antiForgery) request.setRequestHeader('x-csrf-token', antiForgery);
    request.upload.onprogress = event => told('sent', event.total ? event.loaded / event.total : 0);
    request.onprogress = () => { if (request.status === 200) lines(false); };
    request.onload = () => {
      try {
        if (request.status === 200) { lines(true); done(last); } else failed(new Refusal(request.status, JSON.parse(request.responseText) as Problem, 60));
      } catch { failed(new Refusal(request.status, null, 60)); }
    };
    request.onerror = () => failed(new TypeError('network'));
    request.onabort = () => failed(new DOMException('left', 'AbortError'));
    signal.throwIfAborted();
    signal.addEventListener('abort', () => request.abort());
    request.send(file);
  });
}

export const get = <T = unknown>(path: string, signal?: AbortSignal): Promise<T> => call<T>('GET', path, { signal });

/** Reads every page of a list; `most` bounds what a screen will hold. */
export async function all<T = unknown>(path: string, most = 20000, signal?: AbortSignal): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null | undefined = '';
  do {
    const mark = path.includes('?') ? '&' : '?';
    const page: Page<T> = await get<Page<T>>(`${path}${mark}limit=500${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`, signal);
    items.push(...page.items);
    cursor = page.next;
  } while (cursor && items.length < most);
  return items;
}

/** What went wrong, as the HTTP status or the error's name. */
export const statusOf = (error: unknown): string | number =>
  error instanceof Refusal ? error.status : error instanceof Error ? error.name : String(error);

/** Its words; what an officer meets in an emergency is said in their language. */
export const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return '';
  if (error instanceof Unanswered) return t(error.wish ? 'error.unknown' : 'error.unanswered');
  const away = error instanceof Refusal ? error.problem.bookAway : null;
  return away === 'unread' || away === 'unchanged' || away === 'unknown' ? t(`bookaway.${away}`) : error.message;
};

/** Both, as a person is told: no code where nobody answered. */
export const told = (error: unknown): string =>
  error instanceof Unanswered ? messageOf(error) : `${t('error.load', { status: statusOf(error) })} ${messageOf(error)}`;
