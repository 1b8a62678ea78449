import mustache from "mustache";
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
 * Looks names up in the message first, then among the outside values fetched for this template, as the core template
 * node does.
 */
class MessageContext extends mustache.Context {
  readonly #message: mustache.Context;
  readonly #outside: ReadonlyMap<string, unknown>;

  constructor(view: unknown, outside: ReadonlyMap<string, unknown>, parent?: mustache.Context) {
    super(view, parent);
    this.#message = new mustache.Context(view, parent);
    this.#outside = outside;
  }

  override lookup(name: string): unknown {
    const value: unknown = this.#message.lookup(name);
    return value === undefined ? this.#outside.get(name) : value;
  }

  override push(view: unknown): mustache.Context {
    return new MessageContext(view, this.#outside, this.#message);
  }
}

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
    const names = tagNames(mustache.parse(template));
    const outside = await fetchOutside(RED, node, names);
    return mustache.render(template, new MessageContext(message, outside), undefined, { escape: String });
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

/** The names of all tags, including those in sections. A parsed tag is [kind, name, start, end, inner tags?]. */
function tagNames(tags: readonly unknown[], names = new Set<string>()): Set<string> {
  for (const tag of tags) {
    if (!Array.isArray(tag) || tag[0] === "text") continue;
    names.add(String(tag[1]));
    if (Array.isArray(tag[4])) tagNames(tag[4], names);
  }
  return names;
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
