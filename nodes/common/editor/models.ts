import type { ModelChoice } from "../../modem/types";
import type { Range } from "./validators";

/** The models that the driver knows, as the runtime tells them; none while the config node is turned off. */
export function models(): readonly ModelChoice[] {
  return (RED.settings as { modemModels?: readonly ModelChoice[] }).modemModels ?? [];
}

/** Numbers of contexts, of the model that has most. */
export function contextRange(): Range {
  const most = models().map(({ contexts }) => contexts);
  return { min: 1, max: most.length === 0 ? Number.MAX_SAFE_INTEGER : Math.max(...most) };
}
