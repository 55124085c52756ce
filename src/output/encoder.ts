// Text to the bytes of an encoding.

/**
 * The reverse of `new TextDecoder(encoding)`, which Node lacks: UTF-8, UTF-16, and every encoding of one or two bytes
 * a character. A character that an encoding lacks becomes '?'. `encoding` is a name that TextDecoder knows.
 */
export function encoderOf(encoding: string): (text: string) => Buffer {
  const name = new TextDecoder(encoding).encoding;
  if (name === 'utf-8') return (text) => Buffer.from(text);
  if (name === 'utf-16le') return (text) => Buffer.from(text, 'utf16le');
  if (name === 'utf-16be') return (text) => Buffer.from(text, 'utf16le').swap16();
  const bytes = bytesByCharacter(name);
  return (text) => Buffer.from(Array.from(text, (character) => bytes.get(character) ?? [0x3f]).flat());
}

/** The bytes of every character that one or two bytes encode. */
function bytesByCharacter(name: string): ReadonlyMap<string, readonly number[]> {
  const decoder = new TextDecoder(name);
  const bytes = new Map<string, readonly number[]>();
  const add = (sequence: readonly number[]): boolean => {
    const text = decoder.decode(Uint8Array.from(sequence));
    const known = !text.includes('\uFFFD') && Array.from(text).length === 1;
    if (known && !bytes.has(text)) bytes.set(text, sequence);
    return known;
  };
  const octets = Array.from({ length: 256 }, (_, octet) => octet);
  const leads = octets.filter((octet) => !add([octet]));
  for (const lead of leads) {
    for (const trail of octets) add([lead, trail]);
  }
  return bytes;
}
