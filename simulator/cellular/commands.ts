import type { CommandDefinition } from "../line/command";
import { identityCommands } from "./identity";
import { lineCommands } from "./line-commands";
import { messageCommands } from "./messages/messages";
import { operatorCommands } from "./operator";
import { packetDomainCommands } from "./packet-domain";
import { powerSavingCommands } from "./power-saving";
import { registrationCommands } from "./registration";
import { settingCommands } from "./settings";
import { signalCommands } from "./signal";
import { simCommands } from "./sim-access";
import { simPinCommands } from "./sim-pin";
import { timeCommands } from "./time";
import { ussdCommands } from "./ussd";

/** The commands of V.250, 27.007 and 27.005 that every modem here has; a personality's own take precedence. */
export const commonCommands: readonly CommandDefinition[] = [
  ...lineCommands,
  ...identityCommands,
  ...simPinCommands,
  ...simCommands,
  ...registrationCommands,
  ...operatorCommands,
  ...packetDomainCommands,
  ...signalCommands,
  ...powerSavingCommands,
  ...timeCommands,
  ...messageCommands,
  ...ussdCommands,
  ...settingCommands,
];
