/** The address of an MQTT broker as a user gives it, to board and ground alike. */
import { NadirError } from './error.ts';

const SCHEMES: readonly string[] = ['mqtt:', 'mqtts:', 'tcp:', 'ssl:', 'ws:', 'wss:'];

/** Scheme and host of a broker URL, without user and password, for messages. Throws a NadirError (wrong usage) for anything else. */
export function brokerPlace(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const place = parsed && `${parsed.protocol}//${parsed.host}`;
  if (parsed && place && SCHEMES.includes(parsed.protocol) && parsed.hostname !== '') return place;
  throw new NadirError({
    what: 'not a broker URL',
    where: place ?? JSON.stringify(url.slice(0, 80)),
    remedy: 'Give --broker mqtt://HOST:PORT (or mqtts, ws, wss)',
    exitCode: 2,
  });
}
