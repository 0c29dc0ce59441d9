// The wall display: map and list, nothing to press.
import type { Page } from '../core/router';
import { show } from './map';

export const page: Page = { route: 'wall', nav: 'nav.wall', group: 'watch', show: (box, args, ctx) => show(box, args, ctx, true) };
