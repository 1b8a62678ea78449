import { fillIn, type Migration } from "../common/migrate";
import { MODEM_PDP_DEFAULTS } from "./types";

export const MODEM_PDP_MIGRATIONS: readonly Migration[] = [fillIn(MODEM_PDP_DEFAULTS)];
