// Every page of the console. The first is where one begins. A page of one's own is one line in each list.
import type { Page } from '../core/router';
import { page as air } from './air';
import { page as alert } from './alert';
import { page as calendars } from './calendars';
import { page as device } from './device';
import { page as devices } from './devices';
import { page as energy } from './energy';
import { page as flood } from './flood';
import { page as gateways } from './gateways';
import { page as groups } from './groups';
import { page as health } from './health';
import { page as importing } from './import';
import { page as incident } from './incident';
import { page as lampfaults } from './lampfaults';
import { page as lighting } from './lighting';
import { page as maintenance } from './maintenance';
import { page as map } from './map';
import { page as oncall } from './oncall';
import { page as orders } from './orders';
import { page as people } from './people';
import { page as programmes } from './programmes';
import { page as registry } from './registry';
import { page as reports } from './reports';
import { page as servers } from './servers';
import { page as shift } from './shift';
import { page as webhooks } from './webhooks';

export { page as wallPage } from './wall';

export const pages: Page[] = [
  map,
  devices,
  device,
  alert,
  incident,
  flood,
  air,
  lighting,
  lampfaults,
  groups,
  maintenance,
  shift,
  reports,
  energy,
  health,
  servers,
  orders,
  programmes,
  calendars,
  registry,
  importing,
  gateways,
  people,
  oncall,
  webhooks,
];
