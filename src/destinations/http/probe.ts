import type { ConnectionOptions } from '../destination.js';
import type { HttpResult } from './exchange.js';
import { openTransport } from './transport.js';

/** Where one GET goes, and what it carries. */
export interface ProbeOptions extends Omit<ConnectionOptions, 'concurrency'> {
  readonly baseUrl: string;
  /** Is put behind that of the base. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Sends one GET, to learn whether a service can be reached and what its clock says. Never rejects. */
export async function probe({ baseUrl, path, headers, ...options }: ProbeOptions): Promise<HttpResult> {
  const transport = await openTransport(baseUrl, headers, { ...options, concurrency: 1 });
  try {
    return await transport.send({ method: 'GET', path });
  } finally {
    await transport.close();
  }
}
