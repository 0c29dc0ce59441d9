// A TCP proxy that can cut its connections, refuse new ones, or go silent: bytes are taken and not passed on, as with a dead switch.
import { connect, createServer } from 'node:net';

export class Proxy {
  #server; #pairs = new Set(); #mode = 'pass'; connections = 0;

  static async start(port) {
    const proxy = new Proxy();
    proxy.#server = createServer(near => proxy.#take(near, port));
    await new Promise(done => proxy.#server.listen(0, '127.0.0.1', done));
    proxy.url = `http://127.0.0.1:${proxy.#server.address().port}`;
    return proxy;
  }

  #take(near, port) {
    if (this.#mode === 'refuse') { near.destroy(); return; }
    this.connections++;
    const far = connect(port, '127.0.0.1');
    const pair = { near, far };
    this.#pairs.add(pair);
    const end = () => { near.destroy(); far.destroy(); this.#pairs.delete(pair); };
    near.on('error', end).on('close', end).on('data', piece => { if (this.#mode !== 'silent') far.write(piece); });
    far.on('error', end).on('close', end).on('data', piece => { if (this.#mode !== 'silent') near.write(piece); });
  }

  /** Cuts what is there; new connections pass. */
  cut() { for (const { near, far } of [...this.#pairs]) { near.resetAndDestroy(); far.destroy(); } }

  /** Cuts, and lets nobody in until `pass`. */
  refuse() { this.#mode = 'refuse'; this.cut(); }

  /** Nothing passes any more and nobody is told. */
  silence() { this.#mode = 'silent'; }

  /** Everything passes again; what was lost in silence is lost, so those connections are cut. */
  pass() { const was = this.#mode; this.#mode = 'pass'; if (was === 'silent') this.cut(); }

  async close() { this.cut(); await new Promise(done => this.#server.close(done)); }
}
