// Sounds, made here: an alarm that repeats while somebody has to answer it, and the loss of the server.
// A browser allows sound only after a person has touched the page.
import type { Severity } from './types';

let context: AudioContext | undefined;

export const ready = (): boolean => context?.state === 'running';

export async function allow(): Promise<void> {
  context ??= new AudioContext();
  if (context.state !== 'running') await context.resume();
}

type Note = [frequency: number, offset: number, seconds: number];

function tone(on: AudioContext, frequency: number, start: number, seconds: number): void {
  const source = on.createOscillator();
  const volume = on.createGain();
  source.frequency.value = frequency;
  volume.gain.setValueAtTime(0.0001, start);
  volume.gain.exponentialRampToValueAtTime(0.4, start + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.0001, start + seconds);
  source.connect(volume).connect(on.destination);
  source.start(start);
  source.stop(start + seconds);
}

function play(notes: Note[]): void {
  const on = context;
  if (!on || !ready()) return;
  for (const [frequency, offset, seconds] of notes) tone(on, frequency, on.currentTime + offset, seconds);
}

const chimes: Record<Severity, Note[]> = {
  critical: [[880, 0, 0.25], [660, 0.3, 0.25], [880, 0.6, 0.25], [660, 0.9, 0.25]],
  major: [[660, 0, 0.3], [660, 0.4, 0.3]],
  minor: [[523, 0, 0.25]],
  info: [],
};

export const alarm = (severity: Severity): void => play(chimes[severity]);

export const lost = (): void => play([[330, 0, 0.35], [247, 0.4, 0.5]]);
