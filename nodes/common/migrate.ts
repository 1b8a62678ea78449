/** Converts the properties of the previous version to those of `version`. */
export interface Migration {
  readonly version: number;
  up(properties: Readonly<Record<string, unknown>>): Record<string, unknown>;
}

/**
 * Updates the properties of a node that an older release saved or that were written by hand.
 *
 * Runs in the editor and in the runtime, since a gateway may get a new release without ever being opened in an editor.
 * Leaves the properties of a newer release alone. Does not change its input.
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

/** Fills in defaults that a hand-written flow leaves out, the first migration of every node, or that came with `version`. */
export function fillIn(defaults: Readonly<Record<string, unknown>>, version = 1): Migration {
  return {
    version,
    up(properties) {
      const given = Object.entries(properties).filter(([, value]) => value !== undefined);
      return { ...defaults, ...Object.fromEntries(given) };
    },
  };
}
