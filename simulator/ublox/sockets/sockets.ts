import type { CommandDefinition } from "../../line/command";
import { socketConnectCommands } from "./connect";
import { directLinkCommands } from "./direct-link";
import { socketLifeCommands } from "./life";
import { socketOptionCommands } from "./options";
import { socketReadCommands } from "./read";
import { socketStateCommands } from "./state";
import { socketWriteCommands } from "./write";

/** TCP and UDP sockets (guide 5). */
export const socketCommands: readonly CommandDefinition[] = [
  ...socketLifeCommands,
  ...socketConnectCommands,
  ...socketWriteCommands,
  ...socketReadCommands,
  ...socketStateCommands,
  ...socketOptionCommands,
  ...directLinkCommands,
];
