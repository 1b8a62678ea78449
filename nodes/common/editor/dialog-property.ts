/** A node as passed to validators. */
export interface ValidatedNode {
  readonly id: string;
  readonly [property: string]: unknown;
}

/** What the editor's published types leave out. */
interface EditStack {
  getEditStack(): readonly { readonly id: string }[];
}

/** A property of a flow node: from its dialog if that is open, otherwise as saved. */
export function dialogProperty(node: ValidatedNode, name: string): unknown {
  const stack = (RED.editor as unknown as EditStack).getEditStack();
  const isOpen = stack.some(({ id }) => id === node.id);
  return isOpen ? $(`#node-input-${name}`).val() : node[name];
}
