import { dialogProperty, type ValidatedNode } from "./dialog-property";
import { sharedText } from "./texts";
import { isBlank, type Validator } from "./validators";

/**
 * The id of a valid config node `modem-tls`; may be empty unless one is needed.
 *
 * @param whyNeeded the reason, from the node's other properties (in its open dialog, otherwise as saved)
 */
export function securityProfile(whyNeeded: (property: (name: string) => unknown) => string | undefined): Validator {
  const validate = function (this: ValidatedNode, value: unknown, _options: unknown): true | string {
    if (isBlank(value) || value === "_ADD_") return whyNeeded((name) => dialogProperty(this, name)) ?? true;
    const node = RED.nodes.node(String(value)) as { valid?: boolean } | null;
    return (node !== null && node.valid !== false) || sharedText("validation.profile");
  };
  return validate as unknown as Validator;
}
