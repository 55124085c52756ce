import type { HttpResult } from './exchange.js';
import { openTransport } from './transport.js';

/** Where one GET goes, and what it carries. */
export interface ProbeOptions {
  readonly baseUrl: string;
  /** Is put behind that of the base. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Sends one GET, to learn whether a service can be reached and what its clock says. Never rejects. */
export async function probe({ baseUrl, path, headers, timeoutMs, env }: ProbeOptions): Promise<HttpResult> {
  const base = new URL(baseUrl);
  const transport = await openTransport({ base, headers, concurrency: 1, timeoutMs }, env);
  try {
    return await transport.send({ method: 'GET', path: base.pathname.replace(/\/+$/, '') + path });
  } finally {
    await transport.close();
  }
}
