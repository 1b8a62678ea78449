import { fillIn, type Migration } from "../common/migrate";
import { MODEM_HTTP_DEFAULTS } from "./types";

export const MODEM_HTTP_MIGRATIONS: readonly Migration[] = [
  fillIn(MODEM_HTTP_DEFAULTS),
  // With `cid`, `verify` and `followRedirects`.
  fillIn(MODEM_HTTP_DEFAULTS, 2),
  // With `outbox`, `outboxLimit` and `outboxAge`.
  fillIn(MODEM_HTTP_DEFAULTS, 3),
];
