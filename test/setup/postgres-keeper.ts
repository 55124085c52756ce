import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';
import { type PostgresServer, startPostgres } from './postgres-server.mjs';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where a test asks for a new database. */
    readonly postgresKeeper: string;
  }
}

/**
 * Keeps one PostgreSQL for all tests of a run: started when the first of them asks for a database, gone at the end. Each gets
 * a database of its own; a test that kills or changes the server starts one for itself.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let starting: Promise<PostgresServer> | undefined;
  const keeper = createServer(async ({ url }, response) => {
    try {
      starting ??= startPostgres();
      const { port, newDatabase } = await starting;
      response.end(url === '/port' ? String(port) : await newDatabase());
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  await new Promise<void>((resolve) => keeper.listen(0, '127.0.0.1', resolve));
  project.provide('postgresKeeper', `http://127.0.0.1:${portOf(keeper.address())}`);
  return async () => {
    keeper.close();
    keeper.closeAllConnections();
    await (await starting)?.stop();
  };
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}
