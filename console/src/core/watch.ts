// The line to the server under watch: lost, or there but not ready. In red, and aloud.
import * as alarm from './alarm';
import { statusOf } from './api';
import { h, put, type Child } from './dom';
import { has, t } from './i18n';
import * as provisional from './provisional';
import * as servers from './servers';
import { age, clock } from './time';

interface Fault { part: string; message: string }

const settled = 6000; // ms

let lostSince = 0, faults: Fault[] = [], silent = '', bookLostAt = 0;

export const lost = (): boolean => lostSince !== 0;
/** What is open now is not known here. */
export const deaf = (): boolean => lostSince !== 0 || silent !== '';
export const ready = (): boolean => faults.length === 0 && !silent;

export function found(): void { lostSince = 0; silent = ''; draw(); }

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

/** There is a server here that takes what a person decides: it answers, and it has the book. */
export const takes = (): boolean => !lostSince && !provisional.away() && !faults.some(f => f.part === 'book');

/** A line of the banner: words, and consoles to turn to. */
interface Line { text: string; links?: servers.Other[]; small?: boolean }

/** What a part's fault means to an officer, in their language; the server's own sentence stands beside it, small. */
function meaning(fault: Fault): Line {
  if (fault.part !== 'book' || servers.others().length === 0) return { text: t(has(`fault.${fault.part}`) ? `fault.${fault.part}` : 'fault.other', { part: fault.part }) };
  // What the others say of themselves is some seconds old: nobody is sent to a server that has just lost the book as well.
  const there = Date.now() - bookLostAt < settled ? null : servers.turnTo().filter(one => !one.blind && one.state === 'here');
  if (!there) return { text: t('fault.book') };
  return there.length > 0 ? { text: t('fault.bookHere'), links: there } : { text: t('fault.bookEverywhere') };
}

function lines(): Line[] {
  if (lostSince) {
    const there = servers.turnTo();
    return [{ text: t('banner.lost', { time: clock(lostSince), age: age(lostSince) }) }, there.length > 0 ? { text: t('banner.turn'), links: there } : { text: t('banner.nobody') }];
  }
  if (silent) {
    const there = servers.turnTo().filter(one => one.state !== 'unanswering');
    return [{ text: t('banner.silent') }, ...there.length > 0 ? [{ text: t('banner.turn'), links: there }] : [], { text: silent, small: true }];
  }
  if (faults.length > 0) return [{ text: t('banner.unready') }, ...faults.map(meaning), { text: faults.map(f => `${f.part}: ${f.message}`).join(' · '), small: true }];
  return servers.gone().map(one => ({ text: t(one.state === 'unanswering' ? 'banner.unasked' : one.there ? 'banner.cut' : 'banner.oneLess', { name: one.name, time: clock(one.since) }) }));
}

// The same page there; this one stays: what it shows may be the last that is known.
const link = (one: servers.Other): Child => h('a', { class: 'banner-open', href: `${one.url}/${location.hash}`, target: '_blank', rel: 'noopener' }, t('banner.open', { name: one.name }));

/** Writes the banner; also each second, because it says for how long. */
export function draw(): void {
  const box = document.getElementById('banner')!;
  const wanted = lines();
  const text = wanted.map(line => `${line.text} ${line.links?.map(one => one.name + one.url).join(' ')}`).join('|') + (wanted.some(line => line.links) ? location.hash : '');
  if (box.dataset.is !== text) {
    box.dataset.is = text;
    put(box, wanted.map((line, i) => h(i === 0 ? 'strong' : 'span', { class: line.small ? 'technical' : '' }, line.text, line.links?.map(one => [' ', link(one)]))));
  }
  box.hidden = wanted.length === 0;
  box.className = lostSince ? 'lost' : ready() ? 'aside' : 'unready';
  document.body.classList.toggle('lost', lostSince !== 0);
  document.body.classList.toggle('untaken', !takes());
}

/** The server may answer and still have lost its readers: it says so itself. */
export async function askReadiness(): Promise<void> {
  if (lostSince) return;
  const before = !ready();
  try {
    const answer = await fetch('/readyz', { cache: 'no-store', signal: AbortSignal.timeout(5000) });
    const said = await answer.text(); // also when all is well: an answer that nobody reads keeps its connection
    faults = answer.status === 503 ? (JSON.parse(said) as { faults?: Fault[] }).faults ?? [] : []; // 401: this caller may not ask
    bookLostAt = faults.some(f => f.part === 'book') ? bookLostAt || Date.now() : 0;
    silent = '';
  } catch (error) { silent = String(statusOf(error)); }
  if (!ready() && !before) alarm.lostNow();
  draw();
}
