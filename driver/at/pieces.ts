/** Share of a second's bytes in one write: few enough writes not to starve a fast line. */
const PIECES_PER_SECOND = 4;
const MIN_PIECE_BYTES = 1024;
const MAX_PIECE_BYTES = 64 * 1024;

/** Bytes of one write of many, for a line of that rate. */
export function pieceSize(bytesPerSecond: number | undefined): number {
  const share = Math.ceil((bytesPerSecond ?? Number.POSITIVE_INFINITY) / PIECES_PER_SECOND);
  return Math.min(MAX_PIECE_BYTES, Math.max(MIN_PIECE_BYTES, share));
}
