import { dialogProperty, type ValidatedNode } from "../../common/editor/dialog-property";
import { sharedText } from "../../common/editor/texts";
import { oneOf, type Validator } from "../../common/editor/validators";

type Check = (this: ValidatedNode, value: unknown, options: unknown) => true | string;

/** Of what is published: −1 goes without a session, which MQTT-SN alone has. */
export function publishQos(): Validator {
  const isQos = oneOf(["0", "1", "2", "-1"]) as unknown as Check;
  return function (this: ValidatedNode, value: unknown, options: unknown) {
    const isPlainMqtt = protocolOf(dialogProperty(this, "broker")) === "mqtt";
    return isPlainMqtt && String(value) === "-1" ? sharedText("validation.qosNone") : isQos.call(this, value, options);
  } as unknown as Validator;
}

/** Undefined while no broker is chosen, or an environment variable names it. */
export function protocolOf(broker: unknown): unknown {
  return (RED.nodes.node(String(broker ?? "")) as { readonly protocol?: unknown } | null)?.protocol;
}
