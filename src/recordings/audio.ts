// How long a recording lasts, by its first bytes.

/** Kilobits a second of MPEG 1 and 2 layer III, by the index in a frame's header (ISO 11172-3, 13818-3). */
const bitrates = {
  1: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  2: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
} as const;

/**
 * About how long a recording lasts, in seconds, by its first bytes: exact for WAV, and for mp3 of one bit rate, as PBXs make it.
 *
 * @param size of the whole file in bytes
 * @returns undefined for whatever else it is
 */
export function durationOf(head: Buffer, size: number): number | undefined {
  if (Number.isNaN(size)) return undefined;
  if (head.toString('latin1', 0, 4) === 'RIFF' && head.length >= 32) {
    const bytesPerSecond = head.readUInt32LE(28);
    return bytesPerSecond === 0 ? undefined : Math.max(0, size - 44) / bytesPerSecond;
  }
  const start = afterId3(head);
  for (let at = start; at + 4 <= head.length; at++) {
    const rate = bitrateAt(head, at);
    if (rate !== undefined) return (size - at) / (rate * 125);
  }
  return undefined;
}

/** Where an ID3v2 tag ends: its length is four bytes of seven bits. */
function afterId3(head: Buffer): number {
  if (head.toString('latin1', 0, 3) !== 'ID3' || head.length < 10) return 0;
  return 10 + head.subarray(6, 10).reduce((sum, byte) => sum * 128 + (byte & 0x7f), 0);
}

/** Kilobits a second of the layer III frame that begins here; undefined where none does. */
function bitrateAt(head: Buffer, at: number): number | undefined {
  const [first = 0, second = 0, third = 0] = head.subarray(at, at + 3);
  if (first !== 0xff || (second & 0xe6) !== 0xe2) return undefined;
  const rate = bitrates[(second & 0x18) === 0x18 ? 1 : 2][third >> 4];
  return rate === 0 ? undefined : rate;
}
