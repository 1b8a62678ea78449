import { fillIn, type Migration } from "../common/migrate";
import { MODEM_BROKER_DEFAULTS } from "./types";

export const MODEM_BROKER_MIGRATIONS: readonly Migration[] = [fillIn(MODEM_BROKER_DEFAULTS)];
