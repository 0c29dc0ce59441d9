// The line to the server under watch: lost, or there but not ready. In red, and aloud.
import * as alarm from './alarm';
import { statusOf } from './api';
import { h, put } from './dom';
import { has, t } from './i18n';
import { age, clock } from './time';

interface Fault { part: string; message: string }

let lostSince = 0, faults: Fault[] = [], silent = '';

export const lost = (): boolean => lostSince !== 0;
export const ready = (): boolean => faults.length === 0 && !silent;

export function found(): void { lostSince = 0; draw(); }

export function gone(): void {
  if (!lostSince) { lostSince = Date.now(); alarm.lostNow(); }
  draw();
}

export function forget(): void {
  lostSince = 0;
  faults = [];
  silent = '';
  draw();
}

/** What a part's fault means to an officer, in their language; the server's own sentence stands beside it, small. */
const meaning = (fault: Fault): string => t(has(`fault.${fault.part}`) ? `fault.${fault.part}` : 'fault.other', { part: fault.part });

/** Writes the banner; also each second, because it says for how long. */
export function draw(): void {
  const box = document.getElementById('banner')!;
  const wanted = lostSince
    ? [t('banner.lost', { time: clock(lostSince), age: age(lostSince) })]
    : silent ? [t('banner.silent', { reason: silent })]
      : faults.length ? [t('banner.unready'), ...faults.map(meaning), faults.map(f => `${f.part}: ${f.message}`).join(' · ')] : [];
  const text = wanted.join('|');
  if (box.dataset.is !== text) {
    box.dataset.is = text;
    put(box, wanted.map((line, i) => h(i === 0 ? 'strong' : 'span', { class: !lostSince && i > 0 && i === wanted.length - 1 ? 'technical' : '' }, line)));
  }
  box.hidden = wanted.length === 0;
  box.className = lostSince ? 'lost' : 'unready';
  document.body.classList.toggle('lost', lostSince !== 0);
}

/** The server may answer and still have lost its readers: it says so itself. */
export async function askReadiness(): Promise<void> {
  if (lostSince) return;
  const before = !ready();
  try {
    const answer = await fetch('/readyz', { cache: 'no-store', signal: AbortSignal.timeout(5000) });
    const said = await answer.text(); // also when all is well: an answer that nobody reads keeps its connection
    faults = answer.status === 503 ? (JSON.parse(said) as { faults?: Fault[] }).faults ?? [] : []; // 401: this caller may not ask
    silent = '';
  } catch (error) { silent = String(statusOf(error)); }
  if (!ready() && !before) alarm.lostNow();
  draw();
}
