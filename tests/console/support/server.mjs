// The real server in a process of its own, with its own data folder. Its ports stay the same over a kill, so that a browser finds it again.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const ingest = join(root, 'ingest/bin/Release/net10.0/smartcity-ingest.dll');
export const simulators = join(root, 'simulators/bin/Release/net10.0/smartcity-simulators.dll');

/** Not a promise of speed: a machine that builds beside the tests starts a server slowly. */
const startLimit = 90_000;

const isFree = port => new Promise(done => {
  const probe = createServer();
  probe.once('error', () => done(false));
  probe.listen(port, '127.0.0.1', () => probe.close(() => done(true)));
});

/**
 * A port that is free now and that nobody takes while a killed server is away: below the range that the kernel gives to outgoing
 * connections (32768 up), each once, and another hundred for each of the files that run beside each other.
 */
const first = 15_000 + process.pid % 170 * 100;
let next = 0;
export async function freePort() {
  while (next < 100) {
    const port = first + next++;
    if (await isFree(port)) return port;
  }
  throw new Error(`No free port left between ${first} and ${first + 99}.`);
}

/** Runs a command to its end; what it wrote to standard output, or an error with all it said. */
export function runToEnd(program, args, input = '') {
  return new Promise((done, failed) => {
    const child = spawn('dotnet', [program, ...args], { stdio: ['pipe', 'pipe', 'pipe'], timeout: startLimit });
    let said = '', errors = '';
    child.stdout.on('data', piece => { said += piece; });
    child.stderr.on('data', piece => { errors += piece; });
    child.on('error', failed);
    child.on('close', code => (code === 0 ? done(said) : failed(new Error(`${args.slice(0, 3).join(' ')} ended with ${code}: ${errors || said}`))));
    child.stdin.on('error', () => {}); // it may end without reading
    child.stdin.end(input);
  });
}

/** A process that runs until it is stopped; its output is kept (bounded) for whoever asks why. */
export class Child {
  #process; #ended; text = '';

  constructor(program, args) {
    this.#process = spawn('dotnet', [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = piece => { this.text = (this.text + piece).slice(-200_000); this.onText?.(); };
    this.#process.stdout.on('data', keep);
    this.#process.stderr.on('data', keep);
    this.#ended = new Promise(done => this.#process.on('close', done));
  }

  get id() { return this.#process.pid; }

  /** True while it runs; for one that has ended by itself an error that no waiting mends. */
  lives() {
    if (this.#process.exitCode === null && this.#process.signalCode === null) return true;
    throw Object.assign(new Error(`It ended with ${this.#process.exitCode}:\n${this.text.slice(-4000)}`), { final: true });
  }

  /** Waits until it has said this. */
  says(pattern, limit = startLimit) {
    return new Promise((done, failed) => {
      const timer = setTimeout(() => failed(new Error(`It did not say ${pattern} within ${limit / 1000} s:\n${this.text.slice(-4000)}`)), limit);
      this.onText = () => {
        const found = pattern.exec(this.text);
        if (found) { clearTimeout(timer); this.onText = null; done(found); }
      };
      this.#ended.then(code => { clearTimeout(timer); failed(new Error(`It ended with ${code}:\n${this.text.slice(-4000)}`)); });
      this.onText();
    });
  }

  /** Waits until it has ended by itself. */
  async ends(limit) {
    let timer;
    const late = new Promise((_, failed) => { timer = setTimeout(() => failed(new Error(`It did not end within ${limit / 1000} s:\n${this.text.slice(-4000)}`)), limit); });
    try { return await Promise.race([this.#ended, late]); } finally { clearTimeout(timer); }
  }

  async kill() { this.#process.kill('SIGKILL'); await this.#ended; }

  /** SIGTERM, and SIGKILL for one that does not listen. */
  async stop(limit = 30_000) {
    this.#process.kill('SIGTERM');
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), limit);
    await this.#ended;
    clearTimeout(timer);
  }
}

export class Server {
  #child = null; #args; #own; #ports;

  /**
   * @param {{registry?: object, users?: Record<string, string>, args?: string[], tls?: boolean, plain?: boolean}} how
   *   registry: imported first; users: name → role, the password is `passwordOf(name)`; tls, plain: with MQTT over TLS, with plain MQTT.
   */
  static async start({ registry, users = { admin: 'admin', 'officer-a': 'operator', 'officer-b': 'operator' }, args = [], tls = false, plain = false } = {}) {
    const server = new Server();
    try {
      await server.#prepare(registry, users, args, tls, plain);
      await server.launch();
      return server;
    } catch (error) { await server.close(); throw error; }
  }

  async #prepare(registry, users, args, tls, plain) {
    if (!existsSync(ingest)) throw new Error(`${ingest} is not built: dotnet build ingest -c Release`);
    this.folder = mkdtempSync(join(tmpdir(), 'smartcity-console-'));
    this.data = join(this.folder, 'data');
    this.#ports = { http: await freePort(), ...(tls ? { mqtts: await freePort() } : {}), ...(plain ? { mqtt: await freePort() } : {}) };
    this.#args = ['serve', '--data', this.data, '--http', String(this.#ports.http), '--https', 'off', '--mqtt', plain ? String(this.#ports.mqtt) : 'off',
      '--mqtts', tls ? String(this.#ports.mqtts) : 'off', ...args];
    this.url = `http://127.0.0.1:${this.#ports.http}`;
    if (registry) await this.importRegistry(registry);
    for (const [name, role] of Object.entries(users)) await this.command(['user', 'add', name, '--role', role], `${passwordOf(name)}\n`);
    const made = await this.command(['key', 'add', 'test', '--scope', 'write:*', '--scope', 'read', '--scope', 'alerts', '--scope', 'registry']);
    this.key = /sck_[A-Za-z0-9_-]+/.exec(made)[0];
  }

  get id() { return this.#child.id; }
  get mqttPort() { return this.#ports.mqtt; }
  get mqttsPort() { return this.#ports.mqtts; }
  get log() { return this.#child?.text ?? ''; }

  /** One of the program's other commands, on this data folder. */
  command(args, input) { return runToEnd(ingest, [...args, '--data', this.data], input); }

  async importRegistry(registry) {
    const file = join(this.folder, 'registry.json');
    writeFileSync(file, JSON.stringify(registry));
    await this.command(['import', file]);
  }

  async launch() {
    this.#child = new Child(ingest, this.#args);
    await this.#child.says(/^ready .*$/m);
  }

  /** kill -9, as a power cut would. */
  async kill() { const child = this.#child; this.#child = null; await child.kill(); }

  async close() {
    if (this.#child) await this.#child.stop();
    this.#child = null;
    if (this.folder) rmSync(this.folder, { recursive: true, force: true });
  }

  /** Readings as lines of line protocol, through InfluxDB's write API; resolves once the log has them. */
  async write(lines) {
    const answer = await fetch(`${this.url}/api/v2/write?precision=ms`, {
      method: 'POST', headers: { authorization: `Bearer ${this.key}`, 'content-type': 'text/plain' },
      body: [].concat(lines).join('\n'), signal: AbortSignal.timeout(60_000),
    });
    if (answer.status !== 204) throw new Error(`write: ${answer.status} ${await answer.text()}`);
  }

  async get(path) {
    const answer = await fetch(this.url + path, { headers: { authorization: `Bearer ${this.key}` }, signal: AbortSignal.timeout(60_000) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  /** Every item of a list. */
  async all(path) {
    const items = [];
    for (let cursor = ''; ;) {
      const page = await this.get(`${path}${path.includes('?') ? '&' : '?'}limit=500${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
      items.push(...page.items);
      cursor = page.next;
      if (!cursor) return items;
    }
  }

  /** The number of the book's last event: where a stream begins that asks for nothing older. */
  async lastEvent() {
    for await (const { id } of this.#stream(null)) return id;
  }

  /** Numbers of all the book's events after `first`, as the stream gives them. */
  async events(first = 0) {
    const end = await this.lastEvent();
    const seen = [];
    if (end > first) {
      for await (const { id, name } of this.#stream(first)) {
        if (name === 'alert') seen.push(id);
        if (name === 'alert' && id >= end) break;
      }
    }
    return seen;
  }

  async* #stream(after, limit = 30_000) {
    const control = new AbortController();
    const timer = setTimeout(() => control.abort(), limit);
    try {
      const headers = { authorization: `Bearer ${this.key}`, ...(after === null ? {} : { 'last-event-id': String(after) }) };
      const answer = await fetch(`${this.url}/api/v1/events`, { headers, signal: control.signal });
      let text = '';
      for await (const piece of answer.body) {
        text += Buffer.from(piece).toString('utf8');
        for (let end; (end = text.indexOf('\n\n')) >= 0; text = text.slice(end + 2)) {
          const block = text.slice(0, end), id = /^id: (\d+)$/m.exec(block), name = /^event: (\w+)$/m.exec(block);
          if (id && name) yield { id: Number(id[1]), name: name[1] };
        }
      }
    } finally { clearTimeout(timer); control.abort(); }
  }
}

/** Long enough for the server's rule, and no secret of anybody. */
export const passwordOf = name => `console-test-${name}-2026`;
