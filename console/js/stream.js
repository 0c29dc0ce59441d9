// Server-sent events by fetch and not by EventSource: only so are the heartbeats visible, and a line that has died without
// a word (a cable, a switch) is noticed after two missed ones instead of never.
const silence = 25000; // ms without a byte; the server's heartbeat is every 10 s
const pauses = [300, 1000, 2000];

export class EventStream {
  #path; #on; #lastId = null; #control = null; #stopped = true;

  /** `on`: open(resumed), event(name, data), lost(reason), refused(status). */
  constructor(path, on) {
    this.#path = path;
    this.#on = on;
  }

  start() {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#run();
  }

  stop() {
    this.#stopped = true;
    this.#lastId = null;
    this.#control?.abort();
  }

  async #run() {
    for (let attempt = 0; !this.#stopped; attempt++) {
      try {
        await this.#once(() => { attempt = 0; });
        if (!this.#stopped) this.#on.lost('closed');
      } catch (error) {
        if (this.#stopped) return;
        if (error.refused) { this.#stopped = true; this.#on.refused(error.refused); return; }
        this.#on.lost(error.name);
      }
      await new Promise(done => setTimeout(done, pauses[Math.min(attempt, pauses.length - 1)] * (0.75 + Math.random() / 2)));
    }
  }

  async #once(opened) {
    const control = this.#control = new AbortController();
    let timer = setTimeout(() => control.abort(), silence);
    try {
      const headers = { accept: 'text/event-stream' };
      if (this.#lastId !== null) headers['last-event-id'] = this.#lastId;
      const answer = await fetch(this.#path, { headers, credentials: 'same-origin', cache: 'no-store', signal: control.signal });
      if (answer.status === 401 || answer.status === 403) throw Object.assign(new Error(), { refused: answer.status });
      if (!answer.ok) throw new Error(String(answer.status));
      opened();
      this.#on.open(this.#lastId !== null);
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = '';
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        clearTimeout(timer);
        timer = setTimeout(() => control.abort(), silence);
        const blocks = (rest + value).replace(/\r\n?/g, '\n').split('\n\n');
        rest = blocks.pop();
        blocks.forEach(block => this.#dispatch(block));
      }
    } finally {
      clearTimeout(timer);
      control.abort();
    }
  }

  #dispatch(block) {
    let name = 'message';
    const data = [];
    for (const line of block.split('\n')) {
      const at = line.indexOf(':');
      if (at === 0) continue; // a heartbeat
      const field = at < 0 ? line : line.slice(0, at);
      const value = at < 0 ? '' : line.slice(at + 1).replace(/^ /, '');
      if (field === 'event') name = value;
      else if (field === 'data') data.push(value);
      else if (field === 'id') this.#lastId = value;
    }
    if (data.length) this.#on.event(name, data.join('\n'));
  }
}
