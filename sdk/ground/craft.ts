/** What the ground knows of a craft's link: up or lost, in which boot and session, and what its store still knows. */
import type { Extent } from './verify.ts';

/** The link to a craft. Lost says nothing about the craft, only about the link. */
export type LinkState = 'unknown' | 'up' | 'lost';

/** A craft as the ground sees it. */
export class Craft {
  readonly name: string;
  link: LinkState = 'unknown';
  boot = 0;
  session = 0;
  /** Boots whose frames the craft may still hold. */
  readonly boots = new Set<number>();
  lastHeardMs: number | null = null;
  /** When a frame other than health or birth last came: a craft that is busy sending is not asked for anything. */
  lastBusyMs = 0;
  lastBeaconMs = 0;
  /** Beacons since the link came up. */
  beacons = 0;
  lastAskMs = 0;
  /** When the link came up last: whatever was asked for before it is asked for again. */
  upSinceMs = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** A birth or a will came. False for one that speaks of a session that is over. */
  birth(link: 'up' | 'lost', boot: number, session: number, extents: readonly Extent[]): boolean {
    if (link === 'lost') {
      if (this.link === 'up' && (boot !== this.boot || session !== this.session)) return false;
      this.link = 'lost';
      return true;
    }
    this.link = 'up';
    this.#session(boot, session, extents);
    this.lastBeaconMs = 0;
    this.beacons = 0;
    this.lastAskMs = 0;
    return true;
  }

  /** The ground itself lost its connection: whether the craft's link is up is to be heard anew. */
  forgetLink(): void {
    this.link = 'unknown';
    this.beacons = 0;
  }

  /** A birth out of the archive: tells of the past, so the link stays unknown. */
  recallBirth(boot: number, session: number, extents: readonly Extent[], receivedMs: number): void {
    this.#session(boot, session, extents);
    this.lastHeardMs = Math.max(this.lastHeardMs ?? 0, receivedMs);
  }

  /** The craft may hold frames of this boot. */
  knows(boot: number): void {
    this.boots.add(boot);
  }

  #session(boot: number, session: number, extents: readonly Extent[]): void {
    this.boot = boot;
    this.session = session;
    this.boots.clear();
    this.boots.add(boot);
    for (const extent of extents) if (extent.boot >= 1) this.boots.add(extent.boot);
  }
}
