import type {
  SecurityProfile,
  SessionData,
  SessionRecord,
  SessionStore,
} from "../../driver/services/security/security";
import type { SessionListener } from "../common/types";
import { policyOf } from "./profile";
import type { SessionVault } from "./session-vault";

/** A node's lasting name in the flows; nodes in a subflow get a new `id` at each start. */
export interface NodeIdentity {
  readonly id: string;
  readonly _alias?: string;
}

/** One config node's security profile for each modem: the same settings, with separate sessions. */
export class ModemProfiles {
  readonly #node: NodeIdentity;
  readonly #profile: SecurityProfile;
  readonly #vault: SessionVault;
  readonly #profiles = new Map<string, SecurityProfile>();
  readonly #listeners = new Set<SessionListener>();
  /** Session data that flows are giving to modems right now. */
  readonly #given = new Set<string>();
  readonly #policy: string;
  #ended = false;

  constructor(node: NodeIdentity, profile: SecurityProfile, vault: SessionVault) {
    this.#node = node;
    this.#profile = profile;
    this.#vault = vault;
    this.#policy = policyOf(profile);
  }

  /** Returns the same object each time, so that the driver parses its certificates once. */
  for(modem: NodeIdentity): SecurityProfile {
    if (this.#profile.resumption === "off") return this.#profile;
    const known = this.#profiles.get(modem.id);
    if (known !== undefined) return known;
    const profile = { ...this.#profile, sessions: this.#store(modem) };
    this.#profiles.set(modem.id, profile);
    return profile;
  }

  onSession(listener: SessionListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A flow that stores session data and restores them must not loop. */
  async restoring<T>({ data }: SessionData, work: () => Promise<T>): Promise<T> {
    this.#given.add(data);
    try {
      return await work();
    } finally {
      this.#given.delete(data);
    }
  }

  /** The node was deleted: session data of connections that end later are not kept. */
  end(): void {
    this.#ended = true;
  }

  #store(modem: NodeIdentity): SessionStore {
    const place = (server: string) => ({ profile: stableId(this.#node), modem: stableId(modem), server });
    return {
      load: async (server) => this.#usable(this.#vault.get(place(server), this.#policy)),
      save: async (record) => {
        if (this.#ended) return;
        this.#vault.set(place(record.server), this.#policy, sessionData(record));
        if (this.#given.has(record.data)) return;
        for (const listener of this.#listeners) listener(modem.id, record);
      },
    };
  }

  #usable(session: SessionData | undefined): SessionData | undefined {
    const { resumption, resumptionEncrypted } = this.#profile;
    return session?.type === resumption && session.encrypted === resumptionEncrypted ? session : undefined;
  }
}

export function stableId({ id, _alias }: NodeIdentity): string {
  return _alias ?? id;
}

function sessionData({ type, encrypted, data, size }: SessionRecord): SessionData {
  return { type, encrypted, data, ...(size === undefined ? {} : { size }) };
}
