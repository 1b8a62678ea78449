/** One step of a node's history: takes the properties of the version before and gives those of `version`. */
export interface Migration {
  readonly version: number;
  up(properties: Readonly<Record<string, unknown>>): Record<string, unknown>;
}

/**
 * Brings the properties of a node that an older release saved, or that someone wrote by hand, up to date.
 *
 * Runs in the runtime, since a gateway may get a new release and never be opened in an editor, and in the editor.
 * A newer release's properties are left as they are. The input is not changed.
 */
export function migrate<T extends object>(properties: T, migrations: readonly Migration[]): T {
  const saved = (properties as { version?: unknown }).version;
  let current = { ...properties } as Record<string, unknown>;
  for (const migration of migrations) {
    const version = typeof current.version === "number" ? current.version : 0;
    if (migration.version > version) current = { ...migration.up(current), version: migration.version };
  }
  return current.version === saved ? properties : (current as T);
}

/** The first step of every node: what a flow written by hand leaves out gets the default of the contract. */
export function fillIn(defaults: Readonly<Record<string, unknown>>): Migration {
  return {
    version: 1,
    up(properties) {
      const given = Object.entries(properties).filter(([, value]) => value !== undefined);
      return { ...defaults, ...Object.fromEntries(given) };
    },
  };
}
