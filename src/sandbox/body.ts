import type { IncomingMessage } from 'node:http';

/**
 * Reads a body to its end, as nginx does before it asks PHP.
 *
 * @param most bytes that are kept; the rest is counted and dropped
 * @throws when the client goes away before the end
 */
export function readBody(
  request: IncomingMessage,
  most: number,
): Promise<{ readonly size: number; readonly body: Buffer }> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= most) chunks.push(chunk);
    });
    request.on('end', () => resolve({ size, body: Buffer.concat(chunks) }));
    request.on('error', reject);
  });
}
