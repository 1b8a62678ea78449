import { fillIn, type Migration } from "../common/migrate";
import { MODEM_AT_DEFAULTS } from "./types";

export const MODEM_AT_MIGRATIONS: readonly Migration[] = [fillIn(MODEM_AT_DEFAULTS)];
