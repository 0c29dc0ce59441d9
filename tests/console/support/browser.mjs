// A real Chromium, and a page in it that writes down what a page must not do: errors, violations of the content policy, requests to elsewhere.
import { createRequire } from 'node:module';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { passwordOf, root } from './server.mjs';

const fromConsole = createRequire(join(root, 'console/package.json'));
const { chromium } = fromConsole('playwright-core');
const axeSource = readFileSync(fromConsole.resolve('axe-core/axe.min.js'), 'utf8');

const found = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const program = process.env.CHROMIUM ?? found.find(existsSync);

export function launch() {
  if (!program) throw new Error('Chromium is missing: apt-get install chromium, or name it in CHROMIUM');
  return chromium.launch({
    executablePath: program,
    args: ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--disable-quic', '--disable-background-networking',
      '--autoplay-policy=user-gesture-required'],
  });
}

/** A person at a screen: a browser context with a page, watched. */
export async function screen(browser, server, { language = 'vi', theme = 'dark', width = 1600, height = 1000, url = server.url } = {}) {
  // Not bypassCSP: the console has to live with its policy, and axe is put in by the debugger, which no policy binds.
  const context = await browser.newContext({ viewport: { width, height }, locale: language === 'vi' ? 'vi-VN' : 'en-GB', timezoneId: 'Asia/Ho_Chi_Minh', permissions: ['notifications'] });
  await context.addInitScript(([language, theme]) => {
    if (window.top !== window) return;
    localStorage.getItem('language') ?? localStorage.setItem('language', language);
    localStorage.getItem('theme') ?? localStorage.setItem('theme', theme);
    addEventListener('securitypolicyviolation', e => console.error(`CSP: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`));
    // What the page is told, as it is told: the numbers of the stream's events.
    const told = window.__told = { events: [], streams: 0 };
    const real = window.fetch;
    window.fetch = async (...args) => {
      const answer = await real(...args);
      if (!String(args[0]?.url ?? args[0]).includes('/api/v1/events') || !answer.body) return answer;
      told.streams++;
      const [mine, theirs] = answer.body.tee();
      (async () => {
        const reader = mine.pipeThrough(new TextDecoderStream()).getReader();
        let text = '';
        for (;;) {
          const { value, done } = await reader.read();
          if (done) return;
          text += value;
          for (let end; (end = text.indexOf('\n\n')) >= 0; text = text.slice(end + 2)) {
            const block = text.slice(0, end);
            if (/^event: alert$/m.test(block)) told.events.push(Number(/^id: (\d+)$/m.exec(block)[1]));
          }
        }
      })().catch(() => {});
      return new Response(theirs, { status: answer.status, statusText: answer.statusText, headers: answer.headers });
    };
    // Sound, counted where it leaves the page.
    window.__sounds = 0;
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...a) { window.__sounds++; return start.apply(this, a); };
    const play = HTMLMediaElement.prototype.play;
    HTMLMediaElement.prototype.play = function (...a) { window.__sounds++; return play.apply(this, a); };
    const begin = AudioBufferSourceNode.prototype.start;
    AudioBufferSourceNode.prototype.start = function (...a) { window.__sounds++; return begin.apply(this, a); };
  }, [language, theme]);
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const faults = [];
  page.on('console', message => {
    // An answer of 4xx is written there by the browser itself; the tests that provoke one look for it.
    if (message.type() === 'error') faults.push(`console: ${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', error => faults.push(`error: ${error.message}`));
  page.on('request', request => {
    const to = request.url();
    if (!to.startsWith(url) && !/^(blob|data):/.test(to)) faults.push(`request to elsewhere: ${to}`);
  });
  return { context, page, faults, url, close: () => context.close() };
}

/** Signs in as a person does: name, password, Enter. */
export async function signIn(person, name) {
  const { page, url } = person;
  await page.goto(`${url}/`);
  await page.locator('input[name=user]').fill(name);
  await page.locator('input[name=password]').fill(passwordOf(name));
  await page.locator('input[name=password]').press('Enter');
  await page.locator('nav').first().waitFor();
  // Before somebody has signed in the console asks who is there, and the browser writes the 401 down.
  person.faults.splice(0, person.faults.length, ...person.faults.filter(f => !/status of 401/.test(f)));
}

/** A browser tab with nobody signed in. */
export const open = async person => { await person.page.goto(`${person.url}/`); };

/** What axe-core finds of weight: serious and critical. */
export async function axe(page) {
  await page.evaluate(axeSource);
  const result = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  return result.violations.filter(v => v.impact === 'serious' || v.impact === 'critical')
    .map(v => `${v.impact} ${v.id}: ${v.nodes.slice(0, 4).map(n => `${n.target.join(' ')} (${(n.any[0] ?? n.all[0] ?? n.none[0])?.message ?? ''})`).join('; ')}${v.nodes.length > 4 ? ` and ${v.nodes.length - 4} more` : ''}`);
}
