import { filterFault, textFault, topicFault } from "../../../driver/services/mqtt/topic-text";
import { sharedText } from "./texts";
import { type Check, template, type Validator, validator } from "./validators";

type Find = (text: string) => string | undefined;

/** By the rules of the runtime; may be empty. */
function withoutFault(find: Find): Check {
  return (value) => {
    const text = String(value ?? "");
    const fault = text === "" ? undefined : find(text);
    return fault === undefined || sharedText(`validation.mqtt.${fault}`);
  };
}

/** A topic to publish to, or nothing. */
export function topic(): Validator {
  return validator(withoutFault((text) => topicFault(text)));
}

/** A topic to publish to, a template for one, or nothing. */
export function topicOrTemplate(): Validator {
  const isTemplate = template() as unknown as Check;
  const isTopic = withoutFault((text) => topicFault(text));
  return validator((value) => (/\{\{|\}\}/.test(String(value ?? "")) ? isTemplate(value) : isTopic(value)));
}

/** What is subscribed to, or nothing. */
export function filter(): Validator {
  return validator(withoutFault((text) => filterFault(text)));
}

/** A text of MQTT, or nothing. */
export function mqttText(): Validator {
  return validator(withoutFault((text) => textFault(text)));
}
