import type { HttpRequest } from "./http";

/** What is written in any case. */
export interface Written {
  /** The URL's, port included where it is not the usual one. */
  readonly host: string;
  /** Bytes of the body. */
  readonly length: number;
  /** What Connection may say and change nothing. */
  readonly connection: readonly string[];
}

/** Whether a field says only what the modem or the driver writes in any case: it may be left out. */
export function isRedundant(
  [name, value]: HttpRequest["headers"][number],
  { host, length, connection }: Written,
): boolean {
  const said = value.trim().toLowerCase();
  switch (name.toLowerCase()) {
    case "connection":
      return connection.includes(said);
    case "host":
      return said === host;
    case "content-length":
      return said === String(length);
    default:
      return false;
  }
}
