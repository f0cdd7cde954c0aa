import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The dependency of the demonstration's target: down at first, real connections refused, until `recover` is called. */
export class Dependency {
  readonly #port: number;
  #server: Server | null = null;

  private constructor(port: number) {
    this.#port = port;
  }

  /** Finds a free port of the loopback address and leaves it closed. */
  static async down(): Promise<Dependency> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    await new Promise((resolve) => server.close(resolve));
    if (!isAddress(address)) throw new Error('the loopback address gave no port');
    return new Dependency(address.port);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/stock`;
  }

  get isUp(): boolean {
    return this.#server !== null;
  }

  async recover(): Promise<void> {
    const server = createServer((_, response) => response.end('in stock'));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => (this.#server === null ? resolve(null) : this.#server.close(resolve)));
  }
}

function isAddress(address: string | AddressInfo | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}
