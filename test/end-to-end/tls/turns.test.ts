import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SecurityProfile } from "../../../driver/services/security/security";
import { type SecureServer, startSecureServer } from "../../simulator/internet/secure-server";
import { client, type Driven, drive, identity, MODELS, pem, securityProfile, simulatedPort } from "./bench";

/** Servers by the only CA that their certificate leads to, as the second does not send the rest of its chain. */
const AUTHORITIES = { ca: "server", intermediate: "by-intermediate" } as const;
type Authority = keyof typeof AUTHORITIES;
const OTHER: Readonly<Record<Authority, Authority>> = { ca: "intermediate", intermediate: "ca" };

/** Client certificates with their common names: one more than BG96 has SSL contexts, and two than LARA-R6 has profiles. */
const CLIENTS = [
  ["client", "Test Client"],
  ["client-ec", "Test EC Client"],
  ["name-a", "a.example"],
  ["name-b", "b.example"],
  ["wrong-host", "elsewhere.example"],
  ["expires-2040", "server.example"],
  ["loopback", "localhost"],
] as const;

interface Turn {
  readonly profile: SecurityProfile;
  readonly authority: Authority;
  readonly commonName: string;
}

const turns: readonly Turn[] = CLIENTS.map(([name, commonName], index) => {
  const authority = index % 2 === 0 ? "ca" : "intermediate";
  const profile = securityProfile({ id: name, name, ca: pem(`${authority}.cert`), ...client(name) });
  return { profile, authority, commonName };
});

const servers = new Map<Authority, SecureServer>();
beforeAll(async () => {
  for (const authority of ["ca", "intermediate"] as const) {
    const asking = { requestCert: true, rejectUnauthorized: false };
    servers.set(authority, await startSecureServer({ ...identity(AUTHORITIES[authority]), ...asking }));
  }
});
afterAll(async () => {
  for (const server of servers.values()) await server.stop();
});

describe.each(MODELS)("more security profiles than a %s has", (model) => {
  let driven: Driven;
  beforeAll(async () => {
    driven = await drive(simulatedPort(model));
  });
  afterAll(() => driven.close());

  /** What the server saw of the client. */
  async function visit({ profile }: Turn, authority: Authority, path: string): Promise<unknown> {
    const server = servers.get(authority);
    await driven.get(`https://server.example:${server?.port}${path}`, profile);
    return server?.seen.find((request) => request.path === path)?.client;
  }

  it("are each used with their own client certificate and CA, in turn and turned round", async () => {
    for (const [round, order] of [turns, [...turns].reverse()].entries()) {
      for (const turn of order) {
        expect(await visit(turn, turn.authority, `/${model}/${round}/${turn.profile.id}`)).toBe(turn.commonName);
      }
    }
  });

  it("are each refused by what only another one's CA vouches for", async () => {
    for (const turn of turns) {
      const refused = visit(turn, OTHER[turn.authority], `/${model}/refused`);
      await expect(refused).rejects.toMatchObject({ code: "TLS_FAILED" });
    }
  });

  it("are not mixed up when all are used at once", async () => {
    const visits = turns.map((turn) => visit(turn, turn.authority, `/${model}/at-once/${turn.profile.id}`));
    expect(await Promise.all(visits)).toEqual(turns.map(({ commonName }) => commonName));
  });
});
