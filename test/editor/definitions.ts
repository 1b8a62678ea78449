import { join } from "node:path";
import { MODELS } from "../../driver/models";
import { ROOT } from "../support/paths";

/** What a node's editor.ts registers, as far as checks go. */
interface Definition {
  readonly defaults: Readonly<Record<string, Property>>;
}
interface Property {
  readonly value: unknown;
  readonly type?: string;
  readonly required?: boolean;
  readonly validate?: (this: object, value: unknown, options: object) => true | false | string;
}

const definitions = new Map<string, Definition>();
let config: (id: string) => object | null = () => null;
let everyConfig: readonly object[] = [];

/** As much of the editor as its parts touch while they are loaded and while they check. */
const RED = {
  nodes: {
    registerType: (type: string, definition: Definition) => definitions.set(type, definition),
    getType: (type: string) => definitions.get(type),
    node: (id: string) => config(id),
    eachConfig: (take: (node: object) => boolean) => everyConfig.every(take),
  },
  events: { on() {} },
  editor: { getEditStack: () => [] },
  settings: {
    modemModels: MODELS.map(({ name, manufacturer, limits }) => ({ name, manufacturer, limits })),
  },
  _: (key: string) => key,
};

async function definitionOf(type: string): Promise<Definition> {
  Object.assign(globalThis, { RED });
  if (!definitions.has(type)) await import(join(ROOT, "nodes", type, "editor.ts"));
  const definition = definitions.get(type);
  if (definition === undefined) throw new Error(`${type} registers nothing`);
  return definition;
}

/**
 * The properties of a saved node that the editor marks, with the reasons; by Node-RED's own rule, which asks no
 * validator about "" where `required: false` stands.
 *
 * @param configs config nodes by id, for properties that name one
 */
export async function editorVerdict(
  type: string,
  properties: Readonly<Record<string, unknown>>,
  configs: Readonly<Record<string, object>> = {},
): Promise<Record<string, string | false>> {
  const { defaults } = await definitionOf(type);
  config = (id) => configs[id] ?? null;
  everyConfig = Object.entries(configs).map(([id, node]) => ({ id, ...node }));
  const node = { id: "n", type, ...defaultsOf(defaults), ...properties };
  const marked = Object.entries(defaults).flatMap(([name, { validate, required }]) => {
    const value = (node as Record<string, unknown>)[name];
    if (validate === undefined || (required === false && value === "")) return [];
    const verdict = validate.call(node, value, {});
    return verdict === true ? [] : [[name, verdict] as const];
  });
  return Object.fromEntries(marked);
}

function defaultsOf(defaults: Definition["defaults"]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(defaults).map(([name, { value }]) => [name, value]));
}
