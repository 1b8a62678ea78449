import { fillIn, type Migration } from "../common/migrate";
import { MODEM_TLS_PROFILE_DEFAULTS } from "./types";

export const MODEM_TLS_PROFILE_MIGRATIONS: readonly Migration[] = [fillIn(MODEM_TLS_PROFILE_DEFAULTS)];
