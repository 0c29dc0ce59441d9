// Every word on the screen comes from lang/vi.json or lang/en.json. A missing key shows itself as the key, so that it is found.
const known = ['vi', 'en'];
let words = {};
let current = 'vi';

export const language = () => current;
export const other = () => known.find(l => l !== current);

export async function load(lang) {
  current = known.includes(lang) ? lang : 'vi';
  const answer = await fetch(`lang/${current}.json`);
  if (!answer.ok) throw new Error(`lang/${current}.json: ${answer.status}`);
  words = await answer.json();
  document.documentElement.lang = current;
  localStorage.setItem('language', current);
}

/** The text of a key, with {name} filled in. */
export function t(key, values) {
  const text = words[key] ?? key;
  return values ? text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole) : text;
}

/** The text of a key made of data (an alert kind, a state); the data itself when the city has a word of its own. */
export const word = (group, name) => words[`${group}.${name}`] ?? String(name ?? '');

const locale = () => ({ vi: 'vi-VN', en: 'en-GB' })[current];

export const number = (value, digits = 2) =>
  new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(value);

export const timeFormat = options => new Intl.DateTimeFormat(locale(), options);

export const clock = time => timeFormat({ timeStyle: 'medium' }).format(time);

export const moment = time => timeFormat({ dateStyle: 'short', timeStyle: 'medium' }).format(time);

/** How long ago, in one unit: a duty officer reads "3 min", not "182 s". */
export function age(time, now = Date.now()) {
  if (!time) return t('age.never');
  const seconds = Math.round((now - time) / 1000);
  if (seconds < 0) return t('age.ahead', { n: -seconds });
  if (seconds < 60) return t('age.seconds', { n: seconds });
  if (seconds < 3600) return t('age.minutes', { n: Math.floor(seconds / 60) });
  if (seconds < 86400) return t('age.hours', { h: Math.floor(seconds / 3600), m: Math.floor(seconds % 3600 / 60) });
  return t('age.days', { n: Math.floor(seconds / 86400) });
}
