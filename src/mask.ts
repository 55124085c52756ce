// Replaces secrets in all that is written to stdout and stderr.

import type { Writable } from 'node:stream';
import type { Context } from './context.js';
import { formsOfSecret, withoutSecrets } from './core/secrets.js';

/**
 * Replaces secrets in all that is written to these streams from then on: by amocalls, by what the service said, by
 * Node itself (`NODE_DEBUG=http` prints whole addresses). The streams are asked for at the first secret.
 */
export function maskStreams(streams: () => readonly Writable[]): Pick<Context, 'hide'> {
  const hidden = new Set<string>();
  return {
    hide(secret) {
      const forms = formsOfSecret(secret);
      if (forms.length > 0 && hidden.size === 0) for (const stream of streams()) maskStream(stream, hidden);
      for (const form of forms) hidden.add(form);
    },
  };
}

function maskStream(stream: Writable, hidden: ReadonlySet<string>): void {
  const write = stream.write.bind(stream);
  stream.write = (chunk: unknown, ...rest: unknown[]): boolean =>
    Reflect.apply(write, stream, [masked(chunk, hidden), ...rest]);
}

function masked(chunk: unknown, hidden: ReadonlySet<string>): unknown {
  if (hidden.size === 0) return chunk;
  const text =
    typeof chunk === 'string'
      ? chunk
      : chunk instanceof Uint8Array
        ? Buffer.from(chunk).toString('utf8')
        : '';
  const clean = withoutSecrets(text, hidden);
  return clean === text ? chunk : clean;
}
