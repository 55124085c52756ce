// Parses XML that comes in blocks, by sax.

import sax from 'sax';

/** What is heard of an XML part. Names come without their prefix: `x:row` is `row`. */
export interface XmlHandlers {
  readonly open?: (name: string, attribute: (name: string) => string | undefined) => void;
  readonly close?: (name: string) => void;
  /** Called for pieces of a text as well as for whole ones. */
  readonly text?: (text: string) => void;
}

/** Elements of a workbook are nested ten deep. */
const deepest = 100;

/**
 * A parser for an XML part that comes in blocks; holds none of it but the names of the open elements.
 * `write` and `end` throw for what is not well-formed.
 */
export function createXmlParser(handlers: XmlHandlers): {
  readonly write: (bytes: Buffer) => void;
  readonly end: () => void;
} {
  // Without positions it would not limit the length of names and attributes.
  const parser = sax.parser(true, { position: true });
  let depth = 0;
  let failure: Error | undefined;
  parser.onerror = (error) => {
    failure ??= new Error(`its XML is not well-formed: ${error.message.split('\n', 1)[0]}`);
  };
  parser.onopentag = (tag) => {
    depth += 1;
    if (depth > deepest) throw new Error('its XML is nested too deep');
    handlers.open?.(localName(tag.name), (name) => {
      const value = tag.attributes[name];
      return typeof value === 'string' ? value : value?.value;
    });
  };
  parser.onclosetag = (name) => {
    depth -= 1;
    handlers.close?.(localName(name));
  };
  const { text } = handlers;
  if (text !== undefined) {
    parser.ontext = text;
    parser.oncdata = text;
  }
  let decode: ((bytes?: Buffer) => string) | undefined;
  const feed = (piece: string) => {
    parser.write(piece);
    if (failure !== undefined) throw failure;
  };
  return {
    write: (bytes) => {
      decode ??= decoderOf(bytes);
      feed(decode(bytes));
    },
    end: () => {
      feed(decode?.() ?? '');
      parser.close();
      if (failure !== undefined) throw failure;
    },
  };
}

/** Hears all of a part that comes in blocks. Throws for what is not well-formed. */
export async function parseXml(blocks: AsyncIterable<Buffer>, handlers: XmlHandlers): Promise<void> {
  const parser = createXmlParser(handlers);
  for await (const bytes of blocks) parser.write(bytes);
  parser.end();
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

/** Decodes blocks, and the rest where it is given none. A part is UTF-8 or UTF-16 (ECMA-376, part 2). */
function decoderOf(first: Buffer): (bytes?: Buffer) => string {
  const mark = first.toString('hex', 0, 2);
  const name = mark === 'fffe' ? 'utf-16le' : mark === 'feff' ? 'utf-16be' : 'utf-8';
  const decoder = new TextDecoder(name);
  return (bytes) => (bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true }));
}
