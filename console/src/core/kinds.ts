// The catalogue of kinds, asked for once a session: what a kind measures and how it is judged, in the words of the screen.
import { get } from './api';
import { age, has, language, number, t, word } from './i18n';

export interface Title { vi: string; en: string }
export interface Metric { name: string; title: Title; unit: string; type: 'float' | 'integer' | 'boolean' | 'string' }
export interface Rule {
  name: string;
  kind: string | null;
  severity: string;
  text: string;
  form: string;
  metrics: string[];
  values: number[];
  windowSeconds: number | null;
  parameters: Record<string, number | null>;
}
export interface Kind { name: string; title: Title; lane: string; intervalSeconds: number; metrics: Metric[]; rules: Rule[] }

let asked: Promise<Map<string, Kind>> | null = null;

/** Kinds by name. A failure is forgotten, so that the next page asks again. */
export function kinds(): Promise<Map<string, Kind>> {
  asked ??= get<{ items: Kind[] }>('/api/v1/kinds').then(({ items }) => new Map(items.map(kind => [kind.name, kind])));
  asked.catch(() => { asked = null; });
  return asked;
}

/** A metric in words: the language file's, else the kind's own title. */
export function metricWord(kind: Kind | undefined, name: string): string {
  if (has(`metric.${name}`)) return word('metric', name);
  const metric = kind?.metrics.find(m => m.name === name);
  return metric ? `${metric.title[language()]}${metric.unit ? ` (${metric.unit})` : ''}` : name;
}

export const kindWord = (kind: Kind | undefined, name: string): string => has(`type.${name}`) || !kind ? word('type', name) : kind.title[language()];

const duration = (seconds: number): string => age(1, 1 + seconds * 1000);

/** A rule as one sentence, with a device's own thresholds where it has some. */
export function ruleWords(kind: Kind, rule: Rule, own: Record<string, number> = {}): string {
  const value = (name: string): number | null => own[`${rule.name}.${name}`] ?? own[name] ?? rule.parameters[name] ?? null;
  const shown = (name: string): string => { const v = value(name); return v === null ? '?' : number(v, 3); };
  const fields = {
    metric: rule.metrics.map(name => metricWord(kind, name)).join(', '), values: rule.values.map(v => number(v, 3)).join(', '),
    raise: shown('raise'), clear: shown('clear'), from: shown('from'), intervals: shown('intervals'), rated: shown('rated_w'), changes: shown('changes'),
    window: rule.windowSeconds ? duration(rule.windowSeconds) : '', silence: duration((rule.windowSeconds ?? 0) * (value('intervals') ?? 3)),
    stages: ['I', 'II', 'III'].filter(name => name in rule.parameters)
      .map(name => t(value(name) === null ? 'ruleform.stage-unknown' : 'ruleform.stage-known', { name, value: shown(name) })).join(' · '),
  };
  const text = has(`ruleform.${rule.form}`) ? t(`ruleform.${rule.form}`, fields) : rule.text;
  const hold = value('hold') ?? 0;
  return hold > 0 ? `${text}; ${t('ruleform.hold', { hold: duration(hold) })}` : text;
}
