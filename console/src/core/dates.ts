// Dates out of whatever people paste: a column of a table, a line of an announcement. 06/02/2027, 6-2-2027, 2027-02-06, and stretches: 05/02/2027 – 11/02/2027.
const day = 86_400_000;
const longest = 62;

function read(text: string): number | null {
  const iso = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$/.exec(text), own = /^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})$/.exec(text);
  const [year, month, date] = iso ? [iso[1], iso[2], iso[3]].map(Number) : own ? [own[3], own[2], own[1]].map(Number) : [];
  if (year === undefined || month === undefined || date === undefined) return null;
  const time = Date.UTC(year, month - 1, date);
  return new Date(time).getUTCMonth() === month - 1 && new Date(time).getUTCDate() === date ? time : null;
}

/** The dates in a text, each once, in order; and what was not understood. A stretch has 62 days at most. */
export function datesIn(text: string): { dates: string[]; strange: string[] } {
  const found = new Set<string>(), strange: string[] = [];
  const write = (time: number): void => { found.add(new Date(time).toISOString().slice(0, 10)); };
  const one = '\\d{1,4}[-/.]\\d{1,2}[-/.]\\d{1,4}';
  for (const part of text.split(/[\n;,\t]+/).map(p => p.trim()).filter(Boolean)) {
    const stretch = new RegExp(`^(${one})\\s*(?:-|–|—|→|\\.\\.|\\p{L}+)\\s*(${one})$`, 'u').exec(part);
    const [from, to] = stretch ? [read(stretch[1]!), read(stretch[2]!)] : [read(part), read(part)];
    if (from === null || to === null || to < from || to - from >= longest * day) strange.push(part);
    else for (let time = from; time <= to; time += day) write(time);
  }
  return { dates: [...found].sort(), strange };
}
