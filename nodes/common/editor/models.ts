import { simulatedModel } from "../../../driver/transport/port-text";
import type { ModelChoice } from "../../modem/types";
import type { KnownModel, Misfit } from "../model-fit";
import { dialogProperty, type ValidatedNode } from "./dialog-property";
import { sharedText } from "./texts";
import type { Range, Validator } from "./validators";

/** The models that the driver knows, as the runtime tells them; none while the config node is turned off. */
export function models(): readonly ModelChoice[] {
  return (RED.settings as { modemModels?: readonly ModelChoice[] }).modemModels ?? [];
}

/** Numbers of contexts, of the model that has most. */
export function contextRange(): Range {
  const most = models().map(({ limits }) => limits.contexts);
  return { min: 1, max: most.length === 0 ? Number.MAX_SAFE_INTEGER : Math.max(...most) };
}

/** The model that a modem's properties name, as the runtime knows it; undefined while only the modem can tell. */
export function modelOf({
  model,
  port,
}: {
  readonly model?: unknown;
  readonly port?: unknown;
}): ModelChoice | undefined {
  const isOpen = model === undefined || model === "" || model === "auto";
  const wanted = isOpen ? simulatedModel(String(port ?? "").trim()) : model;
  return models().find(({ name }) => name === wanted);
}

/** `validate`, and that the model of the node's modem, where it is known, can do what the field asks for. */
export function fitting(
  field: string,
  validate: Validator,
  misfits: (fields: Readonly<Record<string, unknown>>, model: KnownModel) => readonly Misfit[],
): Validator {
  const check = validate as unknown as (this: ValidatedNode, value: unknown, options: unknown) => true | string;
  const validator = function (this: ValidatedNode, value: unknown, options: unknown): true | string {
    const verdict = check.call(this, value, options);
    const model = verdict !== true ? undefined : knownModelOf(this);
    if (model === undefined) return verdict;
    const fields = { [field]: value, protocol: dialogProperty(this, "protocol") ?? brokerOf(this)?.protocol };
    const misfit = misfits(fields, model).find((one) => one.field === field);
    return misfit === undefined || misfitText(misfit, model);
  };
  return validator as unknown as Validator;
}

/** The model of a node's modem, or of its broker's, where it is known before the modem answers. */
export function knownModelOf(node: ValidatedNode): ModelChoice | undefined {
  const modem = configNode(dialogProperty(node, "modem") ?? brokerOf(node)?.modem);
  // None is chosen yet, or an environment variable names it.
  return modem === undefined ? undefined : modelOf(modem);
}

/** Of a node whose dialog has one. */
function brokerOf(node: ValidatedNode): Readonly<Record<string, unknown>> | undefined {
  return configNode(dialogProperty(node, "broker"));
}

function configNode(id: unknown): Readonly<Record<string, unknown>> | undefined {
  return (RED.nodes.node(String(id ?? "")) as Readonly<Record<string, unknown>> | null) ?? undefined;
}

export function misfitText({ max, oneOf }: Misfit, { name: model }: KnownModel): string {
  if (oneOf !== undefined) return sharedText("validation.model.only", { model, allowed: oneOf.join(", ") });
  return max === undefined
    ? sharedText("validation.model.lacks", { model })
    : sharedText("validation.model.most", { model, max });
}
