import { fillIn, type Migration } from "../common/migrate";
import { MODEM_DEFAULTS } from "./types";

export const MODEM_MIGRATIONS: readonly Migration[] = [fillIn(MODEM_DEFAULTS)];
