/** A node as passed to validators. */
export interface ValidatedNode {
  readonly id: string;
  readonly [property: string]: unknown;
}

/** What the editor's published types leave out. */
interface EditStack {
  getEditStack(): readonly { readonly id: string }[];
}

/** A property of a node: from its dialog if that is open, otherwise as saved. */
export function dialogProperty(node: ValidatedNode, name: string): unknown {
  return isOpen(node) ? inputOf(node, name).val() : node[name];
}

/** Stands for a password that is stored: its text never comes back from the server. */
export const STORED = "__PWRD__";

/**
 * A credential: from the node's dialog if that is open, otherwise as it was left by it, until the next deploy. Undefined
 * where the editor does not know whether there is one.
 */
export function credential(node: ValidatedNode, name: string): string | undefined {
  if (isOpen(node)) return String(inputOf(node, name).val() ?? "");
  const { credentials } = node as { readonly credentials?: Readonly<Record<string, unknown>> };
  if (credentials === undefined) return undefined;
  const text = String(credentials[name] ?? "");
  return text === "" && credentials[`has_${name}`] === true ? STORED : text;
}

function isOpen(node: ValidatedNode): boolean {
  const stack = (RED.editor as unknown as EditStack).getEditStack();
  return stack.some(({ id }) => id === node.id);
}

function inputOf(node: ValidatedNode, name: string): JQuery {
  const isConfig = (node._def as { category?: string } | undefined)?.category === "config";
  return $(`#node-${isConfig ? "config-" : ""}input-${name}`);
}
