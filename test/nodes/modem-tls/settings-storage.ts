import type { SettingsStorage } from "../../../nodes/modem-tls/seal";

/** Node-RED's settings: what was set is there after a restart, as JSON keeps it. */
export class TestSettings implements SettingsStorage {
  readonly values = new Map<string, string>();
  writes = 0;
  failure: Error | undefined;

  constructor(values: Readonly<Record<string, unknown>> = {}) {
    for (const [key, value] of Object.entries(values)) this.values.set(key, JSON.stringify(value));
  }

  get(key: string): unknown {
    if (this.failure !== undefined) throw this.failure;
    const value = this.values.get(key);
    return value === undefined ? undefined : JSON.parse(value);
  }

  async set(key: string, value: unknown): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    this.writes += 1;
    this.values.set(key, JSON.stringify(value));
  }
}
