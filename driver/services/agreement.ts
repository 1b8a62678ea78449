import { ModemError } from "../errors";

/** Readings until two in a row are the same, at most. */
const MOST_READINGS = 4;

/**
 * Reads until two readings in a row are the same: for what the modem gives no checksum of, and no count that would show
 * whether a line or a digit was lost on the way.
 *
 * @param what for the message: `listing the files`
 * @throws {ModemError} `MODEM_REJECTED` when no two are
 */
export async function agreed<T>(
  read: () => Promise<T>,
  isSame: (one: T, other: T) => boolean,
  what: string,
): Promise<T> {
  let last = await read();
  for (let readings = 2; readings <= MOST_READINGS; readings += 1) {
    const next = await read();
    if (isSame(last, next)) return next;
    last = next;
  }
  const errorText = "bytes were lost or changed on the way";
  throw new ModemError(
    "MODEM_REJECTED",
    `${what}: ${errorText}, no two of ${MOST_READINGS} readings are the same. Check cable, baud rate and flow control.`,
    { errorText },
  );
}
