import { words } from './routes.mjs';

const vietnamese = /[àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ]/i;

/**
 * What on the page is of the other language, or a key for which there is no word. Text that the server sent (names of streets and devices, notes)
 * is what it is in every language: `data` are the answers the page got.
 */
export async function strangers(page, language, data) {
  const mine = new Set(Object.values(words(language)).map(plain));
  const keys = new Set(Object.keys(words('vi')));
  const groups = new Set([...keys].map(k => k.split('.')[0]));
  const theirs = new Set(Object.values(words(language === 'vi' ? 'en' : 'vi')).map(plain).filter(w => !mine.has(w) && /\p{L}{3}/u.test(w)));
  const texts = await page.evaluate(() => {
    const found = new Set();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node = walker.currentNode; node; node = walker.nextNode()) {
      const own = node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
      if (!own.checkVisibility()) continue;
      if (own.closest('[lang]') !== document.documentElement && own.closest('[lang]')) continue; // says itself that it is in another language: the switch
      if (node.nodeType === Node.TEXT_NODE) found.add(node.textContent.trim());
      else for (const name of ['aria-label', 'placeholder', 'title', 'alt']) if (node.hasAttribute(name)) found.add(node.getAttribute(name).trim());
    }
    found.add(document.title);
    return [...found].filter(Boolean);
  });
  const sent = data.map(d => d.normalize('NFC')).join('\n');
  const isData = text => sent.includes(JSON.stringify(text).slice(1, -1));
  return texts.map(plain).filter(text => {
    if (/^[a-z][a-zA-Z]*(\.[\w-]+)+$/.test(text) && groups.has(text.split('.')[0]) && !isData(text)) return true;
    if (theirs.has(text) && !isData(text)) return true;
    // Vietnamese letters on an English page that neither the server sent nor the English words hold.
    if (language === 'en' && vietnamese.test(text) && !mine.has(text)) {
      return text.split(/[^\p{L}\p{N}]+/u).some(part => vietnamese.test(part) && !isData(part) && !contained(part, mine));
    }
    return false;
  });
}

const plain = text => text.normalize('NFC').replace(/\s+/g, ' ').trim();
const contained = (part, said) => [...said].some(s => s.includes(part));
