import { fillIn, type Migration } from "../common/migrate";
import { MODEM_TLS_DEFAULTS } from "./types";

export const MODEM_TLS_MIGRATIONS: readonly Migration[] = [fillIn(MODEM_TLS_DEFAULTS)];
