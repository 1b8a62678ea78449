import { fillIn, type Migration } from "../common/migrate";
import { MODEM_SOCKET_DEFAULTS } from "./types";

export const MODEM_SOCKET_MIGRATIONS: readonly Migration[] = [fillIn(MODEM_SOCKET_DEFAULTS)];
