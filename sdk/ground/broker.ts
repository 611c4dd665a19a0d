/** The embedded broker: aedes (MQTT 3.1.1) on the loopback address, for a mission on one machine and for tests. */
import { createServer, type Socket } from 'node:net';
import { Aedes } from 'aedes';
import { NadirError } from '../base/index.ts';

/** A broker that runs. */
export interface Broker {
  readonly port: number;
  /** `mqtt://127.0.0.1:port`. */
  readonly url: string;
  /** Ends every connection, at once, and the listener. */
  close(): Promise<void>;
}

const HOST = '127.0.0.1';

/** Starts a broker on 127.0.0.1. Port 0 takes a free one. Throws a NadirError when the port is taken or not allowed. */
export async function openBroker(port: number): Promise<Broker> {
  const aedes = await Aedes.createBroker();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.setNoDelay(true);
    aedes.handle(socket);
  });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, HOST, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (cause) {
    aedes.close();
    throw new NadirError({
      what: `cannot listen (${(cause as NodeJS.ErrnoException).code ?? 'unknown'})`,
      where: `${HOST}:${port}`,
      remedy: 'Give another --listen PORT (0 takes a free one), or join that broker with --broker URL',
      cause,
    });
  }
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    port: bound,
    url: `mqtt://${HOST}:${bound}`,
    async close() {
      const ended = new Promise<void>((resolve) => server.close(() => resolve()));
      await new Promise<void>((resolve) => aedes.close(resolve));
      for (const socket of sockets) socket.destroy();
      await ended;
    },
  };
}
