import { commandBuilders } from "../cellular/commands";
import { TIMEOUTS } from "./timeouts";

export const { command, query } = commandBuilders(TIMEOUTS.simple);
