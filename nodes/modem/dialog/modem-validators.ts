import { simulatedModel } from "../../../driver/transport/port-text";
import { credential, dialogProperty, STORED, type ValidatedNode } from "../../common/editor/dialog-property";
import { misfitText, modelOf, models } from "../../common/editor/models";
import { sharedText } from "../../common/editor/texts";
import type { Validator } from "../../common/editor/validators";

type Check = (this: ValidatedNode, value: unknown, options: unknown) => true | string;

/** `validate`, and then what depends on the node's other fields. */
function also(validate: Validator, check: (node: ValidatedNode, value: unknown) => true | string): Validator {
  const first = validate as unknown as Check;
  const validator: Check = function (value, options) {
    const verdict = first.call(this, value, options);
    return verdict === true ? check(this, value) : verdict;
  };
  // The editor takes texts only from functions with two parameters.
  return function (this: ValidatedNode, value: unknown, options: unknown) {
    return validator.call(this, value, options);
  } as unknown as Validator;
}

const known = (node: ValidatedNode) =>
  modelOf({ model: dialogProperty(node, "model"), port: dialogProperty(node, "port") });

/** A setting that not every model has; `value` asks for it unless it is among `idle`. */
export function ofModel(name: "mnoProfile" | "xlat", validate: Validator, idle: readonly string[]): Validator {
  return also(validate, (node, value) => {
    const model = known(node);
    const text = String(value ?? "").trim();
    const isAsked = !idle.includes(text) && !text.includes("${");
    return !isAsked || !model?.limits.lacks?.includes(name) || misfitText({ field: name }, model);
  });
}

/** A context that the model has. */
export function contextOfModel(validate: Validator): Validator {
  return also(validate, (node, value) => {
    const model = known(node);
    const isPast = model !== undefined && Number(value) > model.limits.contexts;
    return !isPast || misfitText({ field: "cid", max: model.limits.contexts }, model);
  });
}

/** `auto`, or the model that a simulated port has. */
export function modelOfPort(validate: Validator): Validator {
  return also(validate, (node, value) => {
    const simulated = simulatedModel(String(dialogProperty(node, "port") ?? "").trim());
    const isOther = value !== "auto" && value !== "" && value !== simulated;
    return !(isOther && models().some(({ name }) => name === simulated)) || sharedText("validation.model.other");
  });
}

/** An authentication, and the user that it needs. */
export function authentication(validate: Validator): Validator {
  return also(validate, (node, value) => {
    const isMissing = String(value) !== "none" && credential(node, "apnUser") === "";
    return !isMissing || sharedText("validation.apnUser");
  });
}

/** Hangs on a property without a field: credentials are not looked at when the dialog has been closed. */
export function pinOfCredentials(): Validator {
  return function (this: ValidatedNode, _value: unknown, _options: unknown) {
    return pinVerdict(credential(this, "pin") ?? "");
  } as unknown as Validator;
}

/** A PIN in the open dialog. */
export function pin(): Validator {
  return ((value: unknown, _options: unknown) => pinVerdict(String(value ?? ""))) as unknown as Validator;
}

function pinVerdict(text: string): true | string {
  return text === "" || text === STORED || /^\d{4,8}$/.test(text) || sharedText("validation.pin");
}
