// Two sounds, made here: a new alert, and the loss of the server. A browser allows sound only after a person has touched the page.
let context;

export const ready = () => context?.state === 'running';

export async function allow() {
  context ??= new AudioContext();
  if (context.state !== 'running') await context.resume();
}

function tone(frequency, start, seconds) {
  const source = context.createOscillator();
  const volume = context.createGain();
  source.frequency.value = frequency;
  volume.gain.setValueAtTime(0.0001, start);
  volume.gain.exponentialRampToValueAtTime(0.4, start + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.0001, start + seconds);
  source.connect(volume).connect(context.destination);
  source.start(start);
  source.stop(start + seconds);
}

function play(notes) {
  if (!ready()) return;
  notes.forEach(([frequency, offset, seconds]) => tone(frequency, context.currentTime + offset, seconds));
}

export const alarm = severity => play(severity === 'critical'
  ? [[880, 0, 0.25], [660, 0.3, 0.25], [880, 0.6, 0.25], [660, 0.9, 0.25]]
  : [[660, 0, 0.3]]);

export const lost = () => play([[330, 0, 0.35], [247, 0.4, 0.5]]);
