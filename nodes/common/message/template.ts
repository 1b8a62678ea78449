import type { Node } from "node-red";
import { wordsOf } from "../../../driver/errors";
import { invalid } from "../errors";
import type { Message, Runtime } from "../types";
import { notTooLong } from "./input";

/** Tags that name a value outside the message: `flow.x`, `global[store].x`, `env.X`. */
const CONTEXT = /^(flow|global)(?:\[(\w+)\])?\.(.+)$/;
const ENVIRONMENT = /^env\.(.+)$/;
/** What stands within the braces of a tag that names such a value. */
const OUTSIDE = /^\{?&?\s*(?:env|flow|global)\b[^{}]*$/;

/**
 * Renders a template field: Mustache over the message, `flow`, `global` and `env`. Never HTML-escaped, since the result
 * goes to a modem.
 *
 * @throws {ModemError} `INVALID_INPUT` when the template is malformed or a context store fails
 */
export async function renderTemplate(
  RED: Runtime,
  node: Node,
  { template, field, message }: { template: string; field: string; message: Message },
): Promise<string> {
  notTooLong(template, field);
  if (!template.includes("{{")) return template;
  return notTooLong(await rendered(RED, node, { template, field, message }), field);
}

async function rendered(
  RED: Runtime,
  node: Node,
  { template, field, message }: { template: string; field: string; message: Message },
): Promise<string> {
  try {
    // Loaded when it is needed: most gateways have no template, and Mustache comes with this.
    const { filledIn, namesIn } = await import("./filling.js");
    return filledIn(template, message, await fetchOutside(RED, node, namesIn(template)));
  } catch (error) {
    throw invalid(field, `is a template that can't be filled in: ${wordsOf(error)}`);
  }
}

/** Whether a tag of the template names something else than `flow`, `global` or `env`, or is never closed. */
export function needsMessage(template: string): boolean {
  let open = template.indexOf("{{");
  while (open >= 0) {
    const close = template.indexOf("}}", open);
    if (close < 0 || !OUTSIDE.test(template.slice(open + 2, close))) return true;
    open = template.indexOf("{{", close + 2);
  }
  return false;
}

async function fetchOutside(RED: Runtime, node: Node, names: ReadonlySet<string>): Promise<Map<string, unknown>> {
  const values = new Map<string, unknown>();
  for (const name of names) {
    const variable = ENVIRONMENT.exec(name)?.[1];
    const context = CONTEXT.exec(name);
    if (variable !== undefined) values.set(name, RED.util.evaluateNodeProperty(variable, "env", node, {}));
    else if (context !== null) values.set(name, await fetchContext(node, context));
  }
  return values;
}

/** By callback, since a store may be remote. */
function fetchContext(node: Node, [, scope, store, key]: RegExpExecArray): Promise<unknown> {
  const context = node.context()[scope === "flow" ? "flow" : "global"];
  return new Promise((resolve, reject) => {
    context.get(key ?? "", store, (error: Error | null | undefined, value: unknown) => {
      if (error) reject(error);
      else resolve(value);
    });
  });
}
