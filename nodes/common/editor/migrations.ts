import { type Migration, migrate } from "../migrate";

/** Brings nodes of a type up to date as they come into the editor, so that their dialogs show what the runtime does. */
export function migrateInEditor(type: string, migrations: readonly Migration[]): void {
  RED.events.on("nodes:add", (node: Record<string, unknown>) => {
    if (node.type !== type) return;
    const migrated = migrate(definedProperties(node, type), migrations);
    Object.assign(node, migrated);
  });
}

/** Only the properties that are saved: an editor's node holds much more, parts of it circular. */
function definedProperties(node: Record<string, unknown>, type: string): Record<string, unknown> {
  const names = Object.keys(RED.nodes.getType(type).defaults);
  return Object.fromEntries(names.map((name) => [name, node[name]]));
}
