// Server-sent events by fetch and not by EventSource: only so are the heartbeats visible, and a line that has died without
// a word (a cable, a switch) is noticed after two missed ones instead of never.
const silence = 25000; // ms without a byte; the server's heartbeat is every 10 s
const pauses = [300, 1000, 2000];

class Refused extends Error {
  constructor(readonly status: number) { super(String(status)); }
}

export interface StreamHandlers {
  open(resumed: boolean): void;
  event(name: string, data: string): void;
  lost(reason: string): void;
  refused(status: number): void;
}

export class EventStream {
  #path: string;
  #on: StreamHandlers;
  #lastId: string | null = null;
  #control: AbortController | null = null;
  #stopped = true;
  #run = 0;

  constructor(path: string, on: StreamHandlers) {
    this.#path = path;
    this.#on = on;
  }

  start(): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    void this.#keep(++this.#run);
  }

  stop(): void {
    this.#stopped = true;
    this.#lastId = null;
    this.#control?.abort();
  }

  async #keep(run: number): Promise<void> {
    const over = (): boolean => this.#stopped || run !== this.#run;
    for (let attempt = 0; !over(); attempt++) {
      try {
        await this.#once(() => { attempt = 0; });
        if (!over()) this.#on.lost('closed');
      } catch (error) {
        if (over()) return;
        if (error instanceof Refused) {
          this.#stopped = true;
          this.#on.refused(error.status);
          return;
        }
        this.#on.lost(error instanceof Error ? error.name : String(error));
      }
      await new Promise(done => setTimeout(done, pauses[Math.min(attempt, pauses.length - 1)]! * (0.75 + Math.random() / 2)));
    }
  }

  async #once(opened: () => void): Promise<void> {
    const control = this.#control = new AbortController();
    let timer = setTimeout(() => control.abort(), silence);
    try {
      const headers: Record<string, string> = { accept: 'text/event-stream' };
      if (this.#lastId !== null) headers['last-event-id'] = this.#lastId;
      const answer = await fetch(this.#path, { headers, credentials: 'same-origin', cache: 'no-store', signal: control.signal });
      if (answer.status === 401 || answer.status === 403) throw new Refused(answer.status);
      if (!answer.ok || !answer.body) throw new Error(String(answer.status));
      opened();
      this.#on.open(this.#lastId !== null);
      const reader = answer.body.getReader();
      const decoder = new TextDecoder();
      let rest = '';
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        clearTimeout(timer);
        timer = setTimeout(() => control.abort(), silence);
        const blocks = (rest + decoder.decode(value, { stream: true })).replace(/\r\n?/g, '\n').split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) this.#dispatch(block);
      }
    } finally {
      clearTimeout(timer);
      control.abort();
    }
  }

  #dispatch(block: string): void {
    let name = 'message';
    const data: string[] = [];
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
