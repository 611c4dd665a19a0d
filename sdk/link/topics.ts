/** MQTT topics `nadir/1/{mission}/{craft}/{stream}`. Segments are checked: a space in a topic makes some brokers cut the session. */
import { LinkError } from './fields.ts';

const SEGMENT = /^[A-Za-z0-9_-]{1,64}$/;

/** A craft of a mission. */
export interface CraftAddress {
  readonly mission: string;
  readonly craft: string;
}

/** Topic of a downlink stream, or of `command`, the uplink. Throws a LinkError for a segment that is not [A-Za-z0-9_-]. */
export function topicOf({ mission, craft }: CraftAddress, stream: string): string {
  for (const segment of [mission, craft, stream]) {
    if (!SEGMENT.test(segment)) throw new LinkError(`topic segment "${segment}" is not made of A-Z a-z 0-9 _ -`);
  }
  return `nadir/1/${mission}/${craft}/${stream}`;
}

/** What the ground subscribes to for a mission: every craft, every stream. */
export function missionFilter(mission: string): string {
  if (!SEGMENT.test(mission)) throw new LinkError(`mission "${mission}" is not made of A-Z a-z 0-9 _ -`);
  return `nadir/1/${mission}/+/+`;
}

/** Mission, craft and stream of a topic, or undefined when it is none of ours. */
export function parseTopic(topic: string): (CraftAddress & { readonly stream: string }) | undefined {
  const [root, version, mission, craft, stream, ...rest] = topic.split('/');
  if (root !== 'nadir' || version !== '1' || rest.length > 0) return undefined;
  if (![mission, craft, stream].every((segment) => segment !== undefined && SEGMENT.test(segment))) return undefined;
  return { mission, craft, stream };
}
