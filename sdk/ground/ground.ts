/** A ground station in one process: broker or connection to one, ingest, archive, page. */

import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { messageOf, NadirError, type Progress, SILENT } from '../base/index.ts';
import { type FieldValues, LinkError, missionFilter } from '../link/index.ts';
import { Archive, type ArchiveWriter } from './archive.ts';
import { type Broker, openBroker } from './broker.ts';
import { UplinkCounter } from './counter.ts';
import { Custody } from './custody.ts';
import { type ExportedFile, exportTables } from './export.ts';
import { type ArchivedFrame, Ingest, TIMING, type Timing } from './ingest.ts';
import { openMqttSource } from './mqtt-source.ts';
import { openPage, type Page } from './page.ts';
import { recall } from './recall.ts';
import { type ConceptReader, readScenes, type Scene } from './scenes.ts';
import { type GroundStatus, statusOf } from './status.ts';

/** How a ground is started. */
export interface GroundOptions {
  /** Folder of the archive, made when missing. */
  readonly archive: string;
  readonly mission: string;
  /** Ed25519 private key that signs what goes up. */
  readonly commandKey: KeyObject;
  /** Broker to join. Without it a broker is embedded, on 127.0.0.1. */
  readonly broker?: string;
  /** Port of the embedded broker; 0 takes a free one. */
  readonly listen?: number;
  /** Port of the live page on 127.0.0.1; 0 takes a free one; no page without it. */
  readonly page?: number;
  /** Decodes concept codes. */
  readonly concepts?: ConceptReader;
  readonly timing?: Partial<Timing>;
  /** Called with frames as soon as they are archived. */
  readonly onFrames?: (frames: readonly ArchivedFrame[]) => void;
  readonly progress?: Progress;
}

/** A ground that runs. */
export interface Ground {
  readonly mission: string;
  /** URL of the broker that crafts publish to. */
  readonly brokerUrl: string;
  /** Port of the embedded broker. */
  readonly brokerPort: number | undefined;
  /** Address of the live page. */
  readonly pageUrl: string | undefined;
  status(): Promise<GroundStatus>;
  /** Scenes in the archive, newest first, decoded as far as they have come. */
  scenes(newest?: number): Promise<Scene[]>;
  /** Signs and sends a command. Resolves to its counter, or undefined when no broker took it. */
  command(craft: string, command: string, args?: FieldValues): Promise<number | undefined>;
  /** Writes the archive as Parquet while the ground runs. */
  export(out: string): Promise<ExportedFile[]>;
  /** Ends everything in order: source, ingest, page, broker, archive. */
  stop(): Promise<void>;
}

/** Starts a ground. Throws a NadirError for an archive, key, port or URL that does not serve. */
export async function startGround(options: GroundOptions): Promise<Ground> {
  return runGround(options, (archive) => archive);
}

/** As `startGround`, with the archive that ingest writes to put through `through`: tests let it fail there. */
export async function runGround(options: GroundOptions, through: (archive: Archive) => ArchiveWriter): Promise<Ground> {
  const { mission, progress = SILENT } = options;
  const filter = filterOf(mission);
  const closing: (() => Promise<void> | void)[] = [];
  const closeAll = async () => {
    const failures: unknown[] = [];
    for (const close of closing.splice(0).reverse()) {
      try {
        await close();
      } catch (thrown) {
        failures.push(thrown);
      }
    }
    if (failures.length > 0) throw failures[0];
  };
  try {
    const archive = await Archive.open(options.archive, mission);
    closing.push(() => archive.close());
    const counter = await UplinkCounter.open(join(options.archive, 'uplink-counter'));
    const state = await recall(archive);

    let broker: Broker | undefined;
    if (options.broker === undefined) {
      const embedded = await openBroker(options.listen ?? 0);
      closing.push(() => embedded.close());
      broker = embedded;
    }
    const brokerUrl = broker?.url ?? options.broker ?? '';
    const source = openMqttSource({ url: brokerUrl, filter, ...(broker ? { level: 4 } : {}) }, progress);
    closing.push(() => source.close());
    const custody = new Custody(mission, options.commandKey, counter, source);

    let page: Page | undefined;
    const ingest = new Ingest({
      ...{ mission, source, archive: through(archive), custody, state, progress },
      timing: { ...TIMING, ...options.timing },
      nextSession: () => counter.next(),
      onCounter: (accepted) => counter.raise(accepted),
      onFrames: (frames) => {
        options.onFrames?.(frames);
        page?.wake();
      },
    });
    const status = () =>
      statusOf(archive, { ledger: state.ledger, crafts: state.crafts, totals: ingest.totals, bytes: ingest.bytes });
    const scenes = (newest?: number) =>
      readScenes(archive, { ...(newest === undefined ? {} : { newest }), concepts: options.concepts });
    if (options.page !== undefined) {
      const opened = await openPage(options.page, { archive, status, scenes });
      closing.push(() => opened.close());
      page = opened;
    }
    const running = ingest.run().catch((thrown) => {
      progress.log(
        `ground: ingest stopped: ${messageOf(thrown)}. Nothing unacknowledged is lost; start the ground again`,
      );
      throw thrown;
    });
    closing.push(async () => {
      ingest.stop();
      await running;
    });
    running.catch(() => {}); // reported above, and thrown again by stop
    return {
      mission,
      brokerUrl,
      brokerPort: broker?.port,
      pageUrl: page?.url,
      status,
      scenes,
      command: (craft, command, args = {}) => custody.send(craft, command, args),
      export: (out) => exportTables(archive, out),
      stop: closeAll,
    };
  } catch (thrown) {
    await closeAll().catch(() => {}); // what failed first is what the user is told
    throw thrown;
  }
}

function filterOf(mission: string): string {
  try {
    return missionFilter(mission);
  } catch (cause) {
    if (!(cause instanceof LinkError)) throw cause;
    throw new NadirError({
      what: cause.message,
      where: '--mission',
      remedy: 'Choose another name',
      exitCode: 2,
      cause,
    });
  }
}
