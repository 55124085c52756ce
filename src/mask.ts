// Replaces secrets in all that is written to stdout and stderr.

import type { Writable } from 'node:stream';

/** Keeps secrets out of streams, whoever writes to them. */
export interface Mask {
  readonly hide: (secret: string) => void;
}

/** A secret this short would stand in innocent text too. */
const shortest = 4;

/**
 * Replaces secrets in all that is written to these streams from then on: by amocalls, by what the service said, by
 * Node itself (`NODE_DEBUG=http` prints whole addresses). The streams are asked for at the first secret.
 */
export function maskStreams(streams: () => readonly Writable[]): Mask {
  const hidden = new Set<string>();
  return {
    hide(secret) {
      if (secret.length < shortest) return;
      if (hidden.size === 0) for (const stream of streams()) maskStream(stream, hidden);
      for (const form of formsOf(secret)) hidden.add(form);
    },
  };
}

function maskStream(stream: Writable, hidden: ReadonlySet<string>): void {
  const write = stream.write.bind(stream);
  stream.write = (chunk: unknown, ...rest: unknown[]): boolean =>
    Reflect.apply(write, stream, [masked(chunk, hidden), ...rest]);
}

/** A secret as it stands in text, in an address, in a form, in JSON. */
function formsOf(secret: string): readonly string[] {
  const encoded = encodeURIComponent(secret.toWellFormed());
  return [secret, encoded, encoded.replaceAll('%20', '+'), JSON.stringify(secret).slice(1, -1)];
}

function masked(chunk: unknown, hidden: ReadonlySet<string>): unknown {
  if (hidden.size === 0) return chunk;
  const text =
    typeof chunk === 'string'
      ? chunk
      : chunk instanceof Uint8Array
        ? Buffer.from(chunk).toString('utf8')
        : '';
  let clean = text;
  for (const secret of hidden) if (clean.includes(secret)) clean = clean.replaceAll(secret, '***');
  return clean === text ? chunk : clean;
}
