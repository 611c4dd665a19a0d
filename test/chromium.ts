/** Where Chromium is on this machine, if anywhere: tests that need a browser are skipped without it. */
import { existsSync } from 'node:fs';

export const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
