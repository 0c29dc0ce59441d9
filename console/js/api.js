// The HTTP contract, and nothing else: the console knows the server only through what any other program could call.
let antiForgery = null;

/** A refusal by the server: RFC 9457 problem details where it sent them. */
export class Refusal extends Error {
  constructor(status, problem, waitSeconds) {
    super(problem?.detail ?? problem?.title ?? String(status));
    this.status = status;
    this.problem = problem ?? {};
    this.waitSeconds = waitSeconds;
  }
}

export const antiForgeryToken = token => { antiForgery = token ?? null; };

export async function call(method, path, { body, revision, as = 'json', patience = 15000 } = {}) {
  const headers = { accept: as === 'json' ? 'application/json' : '*/*' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (revision !== undefined) headers['if-match'] = `"${revision}"`;
  if (method !== 'GET' && antiForgery) headers['x-csrf-token'] = antiForgery;
  const answer = await fetch(path, {
    method, headers, credentials: 'same-origin', cache: 'no-store', signal: AbortSignal.timeout(patience),
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const isJson = /\bjson\b/.test(answer.headers.get('content-type') ?? '');
  if (!answer.ok) throw new Refusal(answer.status, isJson ? await answer.json() : null, Number(answer.headers.get('retry-after')) || 60);
  if (answer.status === 204) return null;
  return as === 'json' ? answer.json() : answer.text();
}

export const get = path => call('GET', path);

/** Reads every page of a list; `most` bounds what a screen will hold. */
export async function all(path, most = 20000) {
  const items = [];
  let cursor = '';
  do {
    const mark = path.includes('?') ? '&' : '?';
    const page = await get(`${path}${mark}limit=500${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
    items.push(...page.items);
    cursor = page.next;
  } while (cursor && items.length < most);
  return items;
}
