// Every word on the screen comes from src/lang/{vi,en}/*.json. A missing key shows itself as the key, so that it is found.
// Both languages are in the program: a switch of language needs no server, also while it is lost.
type Words = Record<string, string>;

const files = import.meta.glob<Words>('../lang/*/*.json', { eager: true, import: 'default' });
const known = ['vi', 'en'] as const;
type Language = (typeof known)[number];

const books: Record<Language, Words> = { vi: {}, en: {} };
for (const [path, words] of Object.entries(files)) {
  const lang = path.split('/').at(-2) as Language;
  Object.assign(books[lang], words);
}

let current: Language = 'vi';

export const language = (): Language => current;
export const other = (): Language => (current === 'vi' ? 'en' : 'vi');

export function load(lang: string | null): void {
  current = known.find(l => l === lang) ?? 'vi';
  document.documentElement.lang = current;
  localStorage.setItem('language', current);
}

export type Values = Record<string, string | number>;

const fillIn = (text: string, values?: Values): string =>
  values ? text.replace(/\{(\w+)\}/g, (whole, name: string) => (values[name] === undefined ? whole : String(values[name]))) : text;

/** The text of a key, with {name} filled in. */
export const t = (key: string, values?: Values): string => fillIn(books[current][key] ?? key, values);

/** Whether there is such a key. */
export const has = (key: string): boolean => books[current][key] !== undefined;

/** The text of a key made of data (an alert kind, a state); the data itself when the city has a word of its own. */
export const word = (group: string, name: string | null | undefined): string => books[current][`${group}.${name}`] ?? String(name ?? '');

export const locale = (): string => ({ vi: 'vi-VN', en: 'en-GB' })[current];

/** A number with at most `digits` behind the comma, and at least `least` of them. */
export const number = (value: number, digits = 2, least = 0): string =>
  new Intl.NumberFormat(locale(), { maximumFractionDigits: digits, minimumFractionDigits: least }).format(value);

export const timeFormat = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat => new Intl.DateTimeFormat(locale(), options);

export { age, clock, moment } from './time';
