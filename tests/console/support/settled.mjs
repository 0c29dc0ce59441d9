import { until } from './until.mjs';

/**
 * Watches a page's requests; `settled(route)` waits until the page of that route is there and nothing is under way but the event stream and the
 * question whether the server is ready. The script of the map's worker does not count either: when the page is drawn anew while the worker
 * is being loaded, the browser ends both and never says that the request has ended.
 */
export function watch(page) {
  const running = new Set();
  let quietSince = performance.now();
  const ended = request => { running.delete(request); quietSince = performance.now(); };
  page.on('request', request => { if (!/\/api\/v1\/events|\/readyz$|\/maplibre-gl-worker[^/]*$/.test(request.url())) { running.add(request); quietSince = performance.now(); } });
  page.on('requestfinished', ended);
  page.on('requestfailed', ended);
  return {
    async settled(route) {
      await page.locator(route ? `main[data-page="${route}"] .page` : 'main').first().waitFor();
      const calm = () => running.size === 0 && performance.now() - quietSince > 200;
      await until(`${route ?? 'the page'} is settled`, () => {
        if (calm()) return true;
        if (running.size > 0) throw new Error(`under way: ${[...running].map(r => r.url()).join(' ')}`);
        return false;
      }, 20_000, 30);
      // Two frames, so that what came last is painted.
      await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))));
    },
  };
}
