// Pure parts of the page of groups.

/** Whether a place lies in an area, by counting how often a line to the east crosses its border. Less than three points hold nothing. */
export function inside(area: [number, number][], [x, y]: [number, number]): boolean {
  let is = false;
  for (let i = 0, j = area.length - 1; i < area.length && area.length > 2; j = i++) {
    const [xi, yi] = area[i]!, [xj, yj] = area[j]!;
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) is = !is;
  }
  return is;
}

/** An id from a name: letters without marks, what is between them as one dash. */
export const slug = (name: string): string => name.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replaceAll('\u0111', 'd').replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 63);
