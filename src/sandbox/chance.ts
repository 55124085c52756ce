/**
 * A number in [0, 1) that looks random and depends on nothing but the seed and the text: whoever asks first,
 * the answer is the same.
 */
export function chance(seed: number, text: string): number {
  return digest(seed, text) / 2 ** 53;
}

/** A 53-bit hash of a text: two multiplicative hashes of 32 bits, mixed into each other at the end. */
export function digest(seed: number, text: string): number {
  let left = 0x9e3779b9 ^ seed;
  let right = 0x85ebca6b ^ Math.trunc(seed / 2 ** 32);
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    left = Math.imul(left ^ code, 0x01000193);
    right = Math.imul(right ^ code, 0xc2b2ae35);
  }
  left = mix(left ^ (right >>> 15));
  right = mix(right ^ left);
  return (right >>> 11) * 2 ** 32 + (left >>> 0);
}

function mix(value: number): number {
  const half = Math.imul(value ^ (value >>> 16), 0x7feb352d);
  const whole = Math.imul(half ^ (half >>> 15), 0x846ca68b);
  return whole ^ (whole >>> 16);
}
