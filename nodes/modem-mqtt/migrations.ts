import { fillIn, type Migration } from "../common/migrate";
import { MODEM_MQTT_DEFAULTS } from "./types";

export const MODEM_MQTT_MIGRATIONS: readonly Migration[] = [fillIn(MODEM_MQTT_DEFAULTS)];
