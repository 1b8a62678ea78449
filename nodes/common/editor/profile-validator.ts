import { sharedText } from "./texts";
import { isBlank, type Validator } from "./validators";

/** A node as validators get it. */
interface ValidatedNode {
  readonly id: string;
  readonly [property: string]: unknown;
}

/** What the editor's published types leave out. */
interface EditStack {
  getEditStack(): readonly { readonly id: string }[];
}

/**
 * The id of a valid config node `modem-tls`, or none unless one is needed.
 *
 * @param whyNeeded the reason, from the node's other properties as they stand in its dialog, or as they are saved
 */
export function securityProfile(whyNeeded: (property: (name: string) => unknown) => string | undefined): Validator {
  const validate = function (this: ValidatedNode, value: unknown, _options: unknown): true | string {
    const stack = (RED.editor as unknown as EditStack).getEditStack();
    const isOpen = stack.some(({ id }) => id === this.id);
    const property = (name: string) => (isOpen ? $(`#node-input-${name}`).val() : this[name]);
    if (isBlank(value) || value === "_ADD_") return whyNeeded(property) ?? true;
    const node = RED.nodes.node(String(value)) as { valid?: boolean } | null;
    return (node !== null && node.valid !== false) || sharedText("validation.profile");
  };
  return validate as unknown as Validator;
}
