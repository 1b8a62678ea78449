import type {
  SecurityProfile,
  SessionData,
  SessionRecord,
  SessionStore,
} from "../../driver/services/security/security";
import type { SessionListener } from "../common/types";
import { policyOf } from "./profile";
import type { SessionVault } from "./session-vault";

/** A node's name in the flows, which is the same after a restart; nodes of a subflow get a new `id` each time. */
export interface NodeIdentity {
  readonly id: string;
  readonly _alias?: string;
}

/** The security profile of one config node as each modem gets it: the same settings, with sessions of its own. */
export class ModemProfiles {
  readonly #node: NodeIdentity;
  readonly #profile: SecurityProfile;
  readonly #vault: SessionVault;
  readonly #profiles = new Map<string, SecurityProfile>();
  readonly #listeners = new Set<SessionListener>();
  /** Data that flows are giving to modems right now. */
  readonly #given = new Set<string>();
  readonly #policy: string;
  #ended = false;

  constructor(node: NodeIdentity, profile: SecurityProfile, vault: SessionVault) {
    this.#node = node;
    this.#profile = profile;
    this.#vault = vault;
    this.#policy = policyOf(profile);
  }

  /** The same object each time: the driver looks at its certificates once. */
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

  /** A flow that keeps what it hears, and gives it back, must not go round in circles. */
  async restoring<T>({ data }: SessionData, work: () => Promise<T>): Promise<T> {
    this.#given.add(data);
    try {
      return await work();
    } finally {
      this.#given.delete(data);
    }
  }

  /** The node was deleted: what a connection that ends now still gives is not kept. */
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
