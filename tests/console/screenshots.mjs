// Pictures of every page: Vietnamese and dark, and with --all in both languages and themes.  tests/console/screenshots FOLDER [--all] [--only ROUTE]
// Needs the console, the server and the simulators built. A small simulated city with a fire, a cut loop and a full bin in it.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { launch, screen, signIn } from './support/browser.mjs';
import { addresses, livelyCity } from './support/lively.mjs';
import { pages } from './support/routes.mjs';
import { watch } from './support/settled.mjs';

const args = process.argv.slice(2);
const folder = args.find(a => !a.startsWith('--') && args[args.indexOf(a) - 1] !== '--only');
if (!folder) { console.error('usage: tests/console/screenshots FOLDER [--all] [--only ROUTE]'); process.exit(2); }
const only = args.includes('--only') ? args[args.indexOf('--only') + 1] : null;
mkdirSync(folder, { recursive: true });

let city, browser;
try {
  city = await livelyCity({ devices: 300, rate: 100 });
  const places = await addresses(city);
  browser = await launch();
  const looks = args.includes('--all') ? [['vi', 'dark'], ['en', 'light'], ['vi', 'light'], ['en', 'dark']] : [['vi', 'dark'], ['en', 'light']];
  for (const [language, theme] of looks) {
    const person = await screen(browser, city.server, { language, theme });
    const calm = watch(person.page);
    await person.page.goto(`${person.url}/`);
    await person.page.locator('input[name=user]').waitFor();
    if (!only) await person.page.screenshot({ path: join(folder, `sign-in.${language}.${theme}.png`) });
    await signIn(person, 'admin');
    for (const { name, route } of [...pages(), { name: 'wall', route: 'wall' }]) {
      if (only && route !== only) continue;
      for (const [i, address] of (places[route] ?? [`#/${route}`]).entries()) {
        await person.page.goto(`${person.url}/${address}`);
        try { await calm.settled(route); } catch (error) { console.error(`${address}: ${error.message}`); }
        const path = join(folder, `${name}${i ? `-${i + 1}` : ''}.${language}.${theme}.png`);
        await person.page.screenshot({ path });
        console.log(path);
      }
    }
    await person.close();
  }
} finally {
  await browser?.close();
  await city?.close();
}
