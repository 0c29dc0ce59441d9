// Every page of the console. The first is where one begins. A page of one's own is one line in each list.
import type { Page } from '../core/router';
import { page as alert } from './alert';
import { page as device } from './device';
import { page as devices } from './devices';
import { page as incident } from './incident';
import { page as maintenance } from './maintenance';
import { page as quarantine } from './quarantine';
import { page as system } from './system';

export const pages: Page[] = [
  devices,
  device,
  alert,
  incident,
  maintenance,
  quarantine,
  system,
];
