import { isUtf8 } from 'node:buffer';
import { StringDecoder } from 'node:string_decoder';
import { badBytes, type Encoding, otherEncoding } from './encoding.js';
import type { FilePart, InputIo } from './options.js';
import type { Source } from './source.js';
import { nameOf } from './trouble.js';
import type { Block } from './unpack.js';

/** A file whose encoding is known. */
export interface Readout {
  readonly source: Source;
  readonly encoding: Encoding;
  readonly note: InputIo['note'];
}

/** Text of a file, with how many stored bytes were read up to its end. */
export interface TextBlock {
  readonly text: string;
  readonly stored: number;
}

/**
 * The bytes of a file without byte order mark, in an encoding where line ends are ASCII bytes:
 * those of a stretch of the file, of all of it, or, for UTF-16 and its like, turned into UTF-8.
 */
export async function* bytesOf(readout: Readout, part?: FilePart): AsyncGenerator<Block> {
  const { source, encoding } = readout;
  if (!encoding.bytewise) {
    for await (const { text, stored } of textOf(readout)) yield { bytes: Buffer.from(text), stored };
    return;
  }
  if (part !== undefined) {
    yield* source.blocks(part);
    return;
  }
  let skip = encoding.bom;
  for await (const block of source.blocks()) {
    const skipped = Math.min(skip, block.bytes.length);
    skip -= skipped;
    yield skipped === 0 ? block : { bytes: block.bytes.subarray(skipped), stored: block.stored };
  }
}

/** Decodes what `bytesOf` yields, in pieces that cut no character; tells once where bytes had to be replaced. */
export function pieceDecoder(readout: Readout): (bytes: Buffer) => string {
  const { name, bytewise, told } = readout.encoding;
  if (name !== 'utf-8' && bytewise) {
    const decoder = new TextDecoder(name, { ignoreBOM: true });
    return (bytes) => decoder.decode(bytes);
  }
  let quiet = told;
  return (bytes) => {
    if (!quiet && !isUtf8(bytes)) {
      quiet = true;
      tell(readout);
    }
    return bytes.toString('utf8');
  };
}

/** The text of a file, decoded as it comes, without byte order mark. */
export async function* textOf(readout: Readout): AsyncGenerator<TextBlock> {
  const { source, encoding } = readout;
  const decoder = streamDecoder(encoding.name);
  let quiet = encoding.told;
  let stored = 0;
  let skip = encoding.bom;
  for await (const block of source.blocks()) {
    const skipped = Math.min(skip, block.bytes.length);
    skip -= skipped;
    stored = block.stored;
    const text = decoder.write(block.bytes.subarray(skipped));
    if (!quiet && text.includes('\ufffd')) {
      quiet = true;
      tell(readout);
    }
    yield { text, stored };
  }
  yield { text: decoder.end(), stored };
}

function streamDecoder(name: string): { write(bytes: Buffer): string; end(): string } {
  if (name === 'utf-8') return new StringDecoder('utf8');
  const decoder = new TextDecoder(name, { ignoreBOM: true });
  return { write: (bytes) => decoder.decode(bytes, { stream: true }), end: () => decoder.decode() };
}

function tell({ source, note }: Readout): void {
  note(badBytes(nameOf(source.file)), otherEncoding);
}
