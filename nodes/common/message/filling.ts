import mustache from "mustache";

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

/** The names of all tags of a template, those in sections too. */
export function namesIn(template: string): Set<string> {
  return tagNames(mustache.parse(template));
}

/** The template over the message and `outside`, nothing HTML-escaped. */
export function filledIn(template: string, message: unknown, outside: ReadonlyMap<string, unknown>): string {
  return mustache.render(template, new MessageContext(message, outside), undefined, { escape: String });
}

/** A parsed tag is [kind, name, start, end, inner tags?]. */
function tagNames(tags: readonly unknown[], names = new Set<string>()): Set<string> {
  for (const tag of tags) {
    if (!Array.isArray(tag) || tag[0] === "text") continue;
    names.add(String(tag[1]));
    if (Array.isArray(tag[4])) tagNames(tag[4], names);
  }
  return names;
}
