// What the server says, as far as the console reads it. Times are RFC 3339 texts.
export type Severity = 'info' | 'minor' | 'major' | 'critical';
export type AlertState = 'raised' | 'acknowledged' | 'in-progress' | 'resolved' | 'closed';

export interface Step { what: string; when: string; who?: string | null; note?: string | null }

export interface Location { lat?: number | null; lon?: number | null; name?: string | null; street?: string | null }

export interface Alert {
  id: string;
  kind: string;
  severity: Severity;
  state: AlertState;
  device?: string | null;
  zone?: string | null;
  location?: Location | null;
  rule: string;
  value?: number | null;
  threshold?: number | null;
  detail?: string | null;
  measuredAt: string;
  receivedAt: string;
  raisedAt: string;
  historical?: boolean;
  /** In no book yet: this server's rules say so while the book is away. */
  provisional?: boolean;
  test?: boolean;
  occasion?: 'test' | 'drill' | 'works' | null;
  flapping?: boolean;
  incident?: string | null;
  assignee?: string | null;
  acknowledgedBy?: string | null;
  acknowledgedAt?: string | null;
  clearedAt?: string | null;
  escalation?: number;
  escalatedAt?: string | null;
  cause?: string | null;
  revision: number;
  transition?: Step | null;
  event?: number | null;
  history?: Step[];
}

export interface Incident {
  id: string;
  place: string;
  zone?: string | null;
  zoneName?: string | null;
  category: string;
  severity: Severity;
  state: 'open' | 'closed';
  waiting: number;
  open: number;
  alerts: number;
  devices: number;
  kinds: Record<string, number>;
  openedAt: string;
  lastAt: string;
  closedAt?: string | null;
  test?: boolean;
  escalation?: number;
  revision: number;
  lead: Alert;
}

export interface Me { user: string; roles: string[]; csrf?: string | null; expires?: string | null }

export interface Device {
  id: string;
  kind: string;
  name?: string | null;
  zone?: string | null;
  street?: string | null;
  gateway?: string | null;
  lastSeen?: string | null;
  /** The server that should know of it and does not answer. */
  unanswered?: string | null;
  intervalSeconds?: number | null;
  registered?: boolean;
  lat?: number | null;
  lon?: number | null;
  state?: string;
  values?: Record<string, { value: number | boolean | string; measuredAt: string }>;
}

export interface Page<T> { items: T[]; next?: string | null }
