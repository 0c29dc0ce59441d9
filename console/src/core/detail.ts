// The words a rule puts beside an alert are English and separated by "; " (city/Alerts/AlertChange.cs). On a Vietnamese screen each
// part is looked up; a part that nobody has translated is shown as it is, because an untranslated word beats a missing one.
import { clock, language, number, t, word } from './i18n';

type Pattern = [RegExp, (found: string[]) => string];

const stageName = (name: string) => word('stage', name);

const patterns: Pattern[] = [
  [/^(\S+) (\S+) at (\d{4}-\d\d-\d\dT[\d:.]+Z)$/, ([, device, rule, at]) => t('detail.witness', { device: device!, rule: word('rule', rule!), time: clock(Date.parse(at!)) })],
  [/^stage (\S+) in about ([\d.]+) h at (-?[\d.]+) an hour$/, ([, stage, hours, rate]) => t('detail.outlook', { stage: stageName(stage!), hours: number(Number(hours), 1), rate: number(Number(rate), 2) })],
  [/^stage (\S+)$/, ([, stage]) => t('detail.stage', { stage: stageName(stage!) })],
  [/^VN_AQI (\d+), ([^(]+) \((.+)\)$/, ([, index, en, vi]) => t('detail.aqi', { index: index!, name: (language() === 'vi' ? vi : en)! })],
  [/^(.+), still in alarm after the reset$/, ([, why]) => t('detail.still', { why: part(why!) })],
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
