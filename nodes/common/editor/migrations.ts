import { type Migration, migrate } from "../migrate";

/** Migrates nodes of a type as they enter the editor, so that their dialogs show what the runtime does. */
export function migrateInEditor(type: string, migrations: readonly Migration[]): void {
  RED.events.on("nodes:add", (node: Record<string, unknown>) => {
    if (node.type !== type) return;
    const migrated = migrate(definedProperties(node, type), migrations);
    Object.assign(node, migrated);
  });
}

/** Only the saved properties: an editor node holds much more, some of it circular. */
function definedProperties(node: Record<string, unknown>, type: string): Record<string, unknown> {
  const names = Object.keys(RED.nodes.getType(type).defaults);
  return Object.fromEntries(names.map((name) => [name, node[name]]));
}
