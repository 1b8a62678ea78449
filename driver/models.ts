import { BG96 } from "./quectel/bg96";
import type { ModelDefinition } from "./services/model";
import { LARA_R6 } from "./ublox/lara-r6";

/** The modems that this driver knows. A new one is a folder beside these two, and a line here. */
export const MODELS: readonly ModelDefinition[] = [LARA_R6, BG96];
