import { credential, dialogProperty, type ValidatedNode } from "../../common/editor/dialog-property";
import { knownModelOf, misfitText } from "../../common/editor/models";
import { mqttText } from "../../common/editor/mqtt-validators";
import { sharedText } from "../../common/editor/texts";
import { host, isBlank, oneOf, type Validator } from "../../common/editor/validators";
import { sessionLimit } from "../../common/model-fit";
import { presetOf } from "../presets";
import { BROKER_PROTOCOLS } from "../types";

type Check = (this: ValidatedNode, value: unknown, options: unknown) => true | string;

/** `validate`, and then what depends on the node's other fields. */
function also(validate: Validator, check: (node: ValidatedNode, value: unknown) => true | string): Validator {
  const first = validate as unknown as Check;
  // The editor takes texts only from functions with two parameters.
  return function (this: ValidatedNode, value: unknown, options: unknown) {
    const verdict = first.call(this, value, options);
    return verdict === true ? check(this, value) : verdict;
  } as unknown as Validator;
}

/** A protocol that the modem has, with a session that no other broker of the flow has. */
export function protocolWithSession(): Validator {
  return also(oneOf(BROKER_PROTOCOLS), (node, value) => {
    const model = knownModelOf(node);
    if (model === undefined) return true;
    const max = sessionLimit(value, model.limits);
    if (max === 0) return misfitText({ field: "protocol" }, model);
    const others = brokersOf(String(dialogProperty(node, "modem"))).filter(
      ({ id, protocol }) => id !== node.id && protocol === value,
    );
    if (others.length < max) return true;
    const names = others.map(({ name, host }) => String(name || host)).join(", ");
    return sharedText("validation.model.sessions", { model: model.name, max, names });
  });
}

/** Those that a deploy starts. */
function brokersOf(modem: string): ValidatedNode[] {
  const found: ValidatedNode[] = [];
  RED.nodes.eachConfig((config) => {
    const node = config as unknown as ValidatedNode;
    if (node.type === "modem-broker" && node.modem === modem && node.d !== true) found.push(node);
    return true;
  });
  return found;
}

/** The name or the address of a server. */
export function serverHost(): Validator {
  const isHost = host() as unknown as Check;
  return function (this: ValidatedNode, value: unknown, options: unknown) {
    if (isBlank(value)) return sharedText("validation.required");
    return String(value).includes("{{") ? sharedText("validation.host") : isHost.call(this, value, options);
  } as unknown as Validator;
}

/** Behind a preset's prefix there has to be a number. */
export function clientId(): Validator {
  return also(mqttText(), (node, value) => {
    const preset = presetOf(dialogProperty(node, "preset"));
    return preset === undefined || value !== preset.clientPrefix || sharedText("validation.thing");
  });
}

/** A setting of the session, where there is a will: it can't hold all that a message can. */
export function willPayload(): Validator {
  const isText = mqttText() as unknown as Check;
  return function (this: ValidatedNode, value: unknown, options: unknown) {
    return isBlank(dialogProperty(this, "willTopic")) || isText.call(this, value, options);
  } as unknown as Validator;
}

/** Of the session's user; hangs on a property without a field, since credentials are not looked at later. */
export function userAndPassword(): Validator {
  return function (this: ValidatedNode, _value: unknown, _options: unknown) {
    const user = credential(this, "user") ?? "";
    const password = credential(this, "password") ?? "";
    if (dialogProperty(this, "protocol") === "mqtt-sn" && `${user}${password}` !== "")
      return sharedText("validation.noUser");
    return !(user === "" && password !== "") || sharedText("validation.userOfPassword");
  } as unknown as Validator;
}

/** The user in the open dialog: a password needs one. */
export function user(): Validator {
  const isText = mqttText() as unknown as Check;
  return function (this: ValidatedNode, value: unknown, options: unknown) {
    const isMissing = isBlank(value) && !isBlank($("#node-config-input-password").val());
    return isMissing ? sharedText("validation.userOfPassword") : isText.call(this, value, options);
  } as unknown as Validator;
}
