/** Waits for a condition, bounded: asks again until it gives something true. The last answer is in the error. */
export async function until(what, ask, limit = 30_000, pause = 50) {
  const end = performance.now() + limit;
  for (let last; ;) {
    try {
      last = await ask();
      if (last) return last;
    } catch (error) { if (error.final) throw error; last = error; }
    if (performance.now() > end) throw new Error(`${what}: not within ${limit / 1000} s; last: ${last instanceof Error ? last.message : JSON.stringify(last)}`);
    await new Promise(done => setTimeout(done, pause));
  }
}
