/** Share of a second's bytes in one write: few enough writes not to starve a fast line. */
const PIECES_A_SECOND = 4;
const SMALLEST = 1024;
const LARGEST = 64 * 1024;

/** Bytes of one write of many, for a line of that rate. */
export function pieceSize(bytesPerSecond: number | undefined): number {
  const share = Math.ceil((bytesPerSecond ?? Number.POSITIVE_INFINITY) / PIECES_A_SECOND);
  return Math.min(LARGEST, Math.max(SMALLEST, share));
}
