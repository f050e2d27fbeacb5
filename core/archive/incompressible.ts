const SAMPLES = 8;
const SAMPLE = 2 * 1024;
/** Of what deflate would leave more than this, it only costs time. */
const WORTHWHILE = 0.98;
/** As many bytes make it worth to say that they were there before. */
const MATCH = 4;
/** Places in a table of four bytes that were seen, and the bits of a hash that chooses one. */
const SEEN_BITS = 13;

const counts = new Uint32Array(256);
const seen = new Int32Array(1 << SEEN_BITS);

/**
 * Whether deflate would make nothing of a block, as of photographs, archives and what is encrypted, for which it takes as long as for text:
 * in its samples all bytes are about equally frequent, and none come twice. Compressing the samples would tell the same in three times as
 * long for such bytes, and in ten times for text.
 */
export function isIncompressible(bytes: Uint8Array): boolean {
  if (bytes.length < 4 * SAMPLES * SAMPLE) return false;
  const stride = Math.floor((bytes.length - SAMPLE) / (SAMPLES - 1));
  const samples = Array.from({ length: SAMPLES }, (_, i) => bytes.subarray(i * stride, i * stride + SAMPLE));
  return bitsOf(samples) > 8 * WORTHWHILE && repeatedIn(samples) < (1 - WORTHWHILE) * SAMPLES * SAMPLE;
}

/** Bits that a byte needs for itself (Shannon's entropy). */
function bitsOf(samples: readonly Uint8Array[]): number {
  counts.fill(0);
  for (const sample of samples) for (let i = 0; i < SAMPLE; i++) counts[sample[i] as number] = (counts[sample[i] as number] as number) + 1;
  let bits = 0;
  for (const count of counts) if (count > 0) bits -= count * Math.log2(count / (SAMPLES * SAMPLE));
  return bits / (SAMPLES * SAMPLE);
}

/** Bytes that a sample or one before it had already. */
function repeatedIn(samples: readonly Uint8Array[]): number {
  seen.fill(0);
  let repeated = 0;
  for (const sample of samples) {
    let word = 0;
    for (let i = 0, fresh = 0; i < SAMPLE; i++) {
      word = (word << 8) | (sample[i] as number);
      if (++fresh < MATCH) continue;
      const place = Math.imul(word, 0x9e3779b1) >>> (32 - SEEN_BITS);
      if (seen[place] === word) {
        repeated += MATCH;
        fresh = 0;
      } else seen[place] = word;
    }
  }
  return repeated;
}
