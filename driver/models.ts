import { BG96 } from "./quectel/bg96";
import type { ModelDefinition, ModelLimits } from "./services/model";
import { simulatedModel } from "./transport/port-text";
import { LARA_R6 } from "./ublox/lara-r6";

/** The modems that this driver knows. A new one is a folder beside these two, and a line here. */
export const MODELS: readonly ModelDefinition[] = [LARA_R6, BG96];

/** The most that any model allows: what goes beyond it is wrong whichever modem is there. */
export function highestLimit(
  name: Exclude<keyof ModelLimits, "lacks" | "mqttVersions">,
  models: readonly ModelDefinition[] = MODELS,
): number {
  return Math.max(0, ...models.map(({ limits }) => limits[name] ?? 0));
}

/** The model that settings name, or a `sim:` port; undefined while only the modem can tell. */
export function knownModel(
  { model, port }: { readonly model: string; readonly port: string },
  models: readonly ModelDefinition[] = MODELS,
): ModelDefinition | undefined {
  const wanted = model === "auto" || model === "" ? simulatedModel(port) : model;
  return models.find(({ name }) => name === wanted);
}
