// Every page, in both languages and both themes: no error, no violation of the content policy, no request to elsewhere, no word of the other
// language, and nothing serious that axe-core finds.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { axe, launch, screen, signIn } from './support/browser.mjs';
import { livelyCity, addresses } from './support/lively.mjs';
import { forgotten, pages, words } from './support/routes.mjs';
import { watch } from './support/settled.mjs';
import { strangers } from './support/language.mjs';

describe('every page', () => {
  let city, browser, places;
  before(async () => {
    city = await livelyCity();
    places = await addresses(city);
    browser = await launch();
  });
  after(async () => { await browser?.close(); await city?.close(); });

  it('is in the list of pages', () => { assert.deepEqual(forgotten(), []); });

  // Each language and each theme is judged thoroughly once; the other two pairs are only looked at for errors.
  for (const [language, theme, thorough] of [['vi', 'dark', true], ['en', 'light', true], ['vi', 'light', false], ['en', 'dark', false]]) {
    describe(`${language}, ${theme}`, () => {
      let person, calm;
      const data = [];
      before(async () => {
        person = await screen(browser, city.server, { language, theme });
        calm = watch(person.page);
        person.page.on('response', async answer => {
          if (/\/(api|cap|open|readyz)/.test(answer.url()) && !answer.url().includes('/events')) data.push(await answer.text().catch(() => ''));
        });
        await signIn(person, 'admin');
        await calm.settled();
      });
      after(() => person?.close());

      for (const { name, route } of [...pages(), { name: 'wall', route: 'wall' }]) {
        it(`${name} (#/${route})`, async () => {
          const { page, faults } = person;
          for (const address of (places[route] ?? [`#/${route}`]).slice(0, thorough ? 9 : 1)) {
            faults.length = 0;
            await page.goto(`${person.url}/${address}`);
            await calm.settled(route);
            assert.equal(await page.locator('html').getAttribute('lang'), language);
            assert.deepEqual(faults, [], address);
            if (!thorough) continue;
            assert.deepEqual(await strangers(page, language, data), [], `${address}: words of the other language, or keys without words`);
            assert.deepEqual(await axe(page), [], `${address}: axe-core`);
          }
        });
      }
    });
  }

  it('changes its language by one press, and back', async () => {
    const person = await screen(browser, city.server, { language: 'vi' });
    const calm = watch(person.page);
    await signIn(person, 'admin');
    const vi = words('vi'), en = words('en');
    for (const [language, say] of [['en', en], ['vi', vi]]) {
      await person.page.locator(`button[lang="${language}"]`).first().click();
      await person.page.locator(`html[lang="${language}"]`).waitFor({ state: 'attached' });
      await calm.settled();
      const nav = await person.page.locator('nav').first().innerText();
      for (const { nav: key } of pages()) if (key && nav.length && (words('vi')[key] !== words('en')[key])) {
        assert.ok(!nav.includes(language === 'en' ? `${vi[key]}\n` : `${en[key]}\n`), `${key} in ${language}: ${nav}`);
      }
      assert.ok(pages().some(p => p.nav && nav.toLowerCase().includes(say[p.nav].toLowerCase())));
    }
    assert.deepEqual(person.faults, []);
    await person.close();
  });

  it('signing in: axe-core, both themes', async () => {
    for (const [language, theme] of [['vi', 'dark'], ['en', 'light']]) {
      const person = await screen(browser, city.server, { language, theme });
      await person.page.goto(`${person.url}/`);
      await person.page.locator('input[name=user]').waitFor();
      assert.deepEqual(await axe(person.page), []);
      assert.deepEqual(await strangers(person.page, language, []), []);
      await person.close();
    }
  });
});
