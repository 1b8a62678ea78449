import { commandBuilders } from "../cellular/commands";
import { SIMPLE_MS } from "./timeouts";

export const { command, query } = commandBuilders(SIMPLE_MS);
