import type { CommandDefinition } from "../line/command";
import { directLinkCommands } from "./direct-link";
import { socketConnectCommands } from "./socket-connect";
import { socketLifeCommands } from "./socket-life";
import { socketOptionCommands } from "./socket-options";
import { socketReadCommands } from "./socket-read";
import { socketStateCommands } from "./socket-state";
import { socketWriteCommands } from "./socket-write";

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
