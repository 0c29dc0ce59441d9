// The words a rule puts beside an alert are English and separated by "; " (city/Alerts/AlertChange.cs). On a Vietnamese screen each
// part is looked up; a part that nobody has translated is shown as it is, because an untranslated word beats a missing one.
import { clock, language, number, t, word } from './i18n';

type Pattern = [RegExp, (found: string[]) => string];

const stageName = (name: string) => word('stage', name);

const figure = (text: string | undefined): string => number(Number(text), 3);

const patterns: Pattern[] = [
  [/^(\S+) (\S+) at (\d{4}-\d\d-\d\dT[\d:.]+Z)$/, ([, device, rule, at]) => t('detail.witness', { device: device!, rule: word('rule', rule!), time: clock(Date.parse(at!)) })],
  [/^stage (\S+) in about ([\d.]+) h at (-?[\d.]+) an hour$/, ([, stage, hours, rate]) => t('detail.outlook', { stage: stageName(stage!), hours: number(Number(hours), 1), rate: number(Number(rate), 2) })],
  [/^stage (\S+)$/, ([, stage]) => t('detail.stage', { stage: stageName(stage!) })],
  [/^VN_AQI (\d+), ([^(]+) \((.+)\)$/, ([, index, en, vi]) => t('detail.aqi', { index: index!, name: (language() === 'vi' ? vi : en)! })],
  [/^(.+), still in alarm after the reset$/, ([, why]) => t('detail.still', { why: part(why!) })],
  [/^asked (\d+) %, takes ([\d.]+) W of (\d+) W$/, ([, level, watts, rated]) => t('detail.asked', { level: figure(level), watts: figure(watts), rated: figure(rated) })],
  [/^(\d+) V at the lamp$/, ([, volts]) => t('detail.lamp-volts', { volts: figure(volts) })],
  [/^(\d+) changes within (\d+) minutes$/, ([, count, minutes]) => t('detail.changes', { count: figure(count), minutes: figure(minutes) })],
  [/^power ([\d.]+) W, but (\d+) V × ([\d.]+) A × ([\d.]+) = ([\d.]+) W$/, ([, watts, volts, amperes, factor, product]) =>
    t('detail.product', { watts: figure(watts), volts: figure(volts), amperes: figure(amperes), factor: figure(factor), product: figure(product) })],
  [/^(\d+) of (\d+) lamps of gateway (\S+) without power, first (\S+)$/, ([, count, of, gateway, device]) =>
    t('detail.without', { count: figure(count), of: figure(of), gateway: gateway!, device: device! })],
  [/^cabinet (\S+) last had (\d+) V$/, ([, device, volts]) => t('detail.cabinet-volts', { device: device!, volts: figure(volts) })],
  [/^supply back at (\d+) lamps of gateway (\S+)$/, ([, count, gateway]) => t('detail.supply-back', { count: figure(count), gateway: gateway! })],
  [/^none of (\d+) devices of gateway (\S+) is heard$/, ([, count, gateway]) => t('detail.none-heard', { count: figure(count), gateway: gateway! })],
  [/^became fire \S+: (.+)$/, ([, why]) => t('detail.became-fire', { why: part(why!) })],
];

function part(text: string): string {
  for (const [pattern, say] of patterns) {
    const found = pattern.exec(text);
    if (found) return say(found);
  }
  return word('detail', text);
}

/** A rule's words in the language of the screen; a person's own note must not go through here. */
export const detail = (text: string | null | undefined): string => (text ?? '').split('; ').filter(Boolean).map(part).join(' · ');
