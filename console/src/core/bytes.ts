// Sizes in words.
import { number } from './i18n';

export const mebi = 1024 * 1024;

/** Bytes in the largest unit that leaves a number to read. */
export const bytes = (n: number): string => {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let i = 0;
  while (n >= 1024 && i < units.length - 1) { n /= 1024; i++; }
  return `${number(n, n < 10 && i > 0 ? 1 : 0)} ${units[i]}`;
};
