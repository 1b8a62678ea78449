import { spawn } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { isModemError } from "../../../driver/errors";
import type { SecurityProfile } from "../../../driver/services/security/security";
import { needsTool } from "../../support/needs";
import { type Driven, drive, MODELS, type Model, pem, securityProfile, simulatedPort } from "./bench";
import { type Accepted, CASES, type Outcome, type Point, type ProfileText, sharedSecrets, type TlsCase } from "./cases";
import { outcomesPage } from "./outcomes-page";
import { SERVERS, type ServerName, type Started } from "./servers";

const openssl = needsTool("openssl");
const LANES = 3;

/** How a message names a point: LARA-R6's behind a clause, BG96's before its reason. */
function named(point: Point, model: Model): RegExp {
  if (point === "date") return model === "LARA-R6" ? /has not expired \(validation\)/ : /; [^;]*may be expired/;
  return new RegExp(model === "LARA-R6" ? `\\((?:\\w+, )?${point}\\b[^)]*\\)` : `(?:Check|;) ${point}\\b[^;]* \\(`);
}

const rows = CASES.flatMap((row, index) =>
  MODELS.map((model) => ({ name: `${model}, ${row.name}`, model, row, index })),
);
const servers = new Map<ServerName, Promise<Started>>();
const lanes = new Map<Model, Promise<Driven>[]>();

function serverOf({ server }: TlsCase): Promise<Started> {
  const started = servers.get(server) ?? SERVERS[server].start();
  servers.set(server, started);
  return started;
}

/** The modem of a row: one of a few, but its own where it matters what the modem holds, or how long it is busy. */
async function modemOf(
  { model, row: { imported, timeout }, index }: (typeof rows)[number],
  { onTestFinished }: TestContext,
): Promise<Driven> {
  if (imported === undefined && timeout === undefined)
    return (lanes.get(model) ?? [])[index % LANES] as Promise<Driven>;
  const driven = await drive(simulatedPort(model));
  onTestFinished(() => driven.close());
  // BG96 has no store apart from its files.
  for (const name of model === "BG96" ? [] : (imported ?? [])) {
    await driven.services.security.import("ca", name, { content: pem(`${name}.cert`) });
  }
  return driven;
}

function profileOf(text: ProfileText | undefined): SecurityProfile | undefined {
  if (text === undefined) return undefined;
  const { ca, client, key = client, password, pinned, psk, ...same } = text;
  return securityProfile({
    ...same,
    ...(ca && { ca: pem(`${ca}.cert`) }),
    ...(client && { cert: pem(`${client}.cert`), key: pem(`${key}.key`) }),
    ...(password && { keyPassword: password === "right" ? "key-password" : "no-password" }),
    ...(pinned && { pinnedKey: pem(`${pinned}.cert`) }),
    ...(psk && sharedSecrets(psk)),
  });
}

/** The body, or the error. */
async function ask(driven: Driven, row: TlsCase, port: number, path: string): Promise<string | Error> {
  const { host = "server.example", profile, timeout } = row;
  try {
    const { body } = await driven.get(`https://${host}:${port}${path}`, profileOf(profile), timeout);
    return body.toString("latin1");
  } catch (error) {
    if (isModemError(error)) return error;
    throw error;
  }
}

function expectRefused(answer: string | Error, outcome: Outcome, model: Model): void {
  if (!("code" in outcome)) return;
  expect(answer).toMatchObject({ code: outcome.code });
  const { message } = answer as Error;
  if (outcome.says !== undefined) expect(message).toMatch(outcome.says);
  if (outcome.point !== undefined) expect(message).toMatch(named(outcome.point, model));
}

beforeAll(async () => {
  for (const model of MODELS) {
    lanes.set(
      model,
      Array.from({ length: LANES }, () => drive(simulatedPort(model))),
    );
  }
  await Promise.all([...lanes.values()].flat());
});

afterAll(async () => {
  for (const driven of [...lanes.values()].flat()) await (await driven).close();
  for (const server of servers.values()) await (await server).stop();
});

describe("a request over TLS", () => {
  for (const one of rows) {
    const { name, model, row, index } = one;
    it.concurrent(name, async (context) => {
      const [server, driven] = await Promise.all([serverOf(row), modemOf(one, context)]);
      const path = `/${model}/${index}`;
      const outcome = row.outcome[model];
      const answer = await ask(driven, row, server.port, path);
      const seen = server.seen.find((request) => request.path === path);
      if ("code" in outcome) {
        expectRefused(answer, outcome, model);
        expect(seen).toBeUndefined();
      } else {
        expect(answer).toBe("hello");
        expect(seen).toMatchObject({ ...outcome });
      }
    });
  }
});

describe.skipIf(openssl.skip)(`a request to openssl s_server${openssl.reason}`, () => {
  const started = new Map<ServerName, Promise<number>>();
  const stops: (() => void)[] = [];

  function start(name: ServerName): Promise<number> {
    const definition = SERVERS[name];
    if (!("openssl" in definition) || definition.openssl === undefined) throw new Error(`how is openssl ${name}?`);
    const args = ["s_server", "-accept", "127.0.0.1:0", "-www", ...definition.openssl];
    const server = spawn("openssl", args, { stdio: ["ignore", "pipe", "pipe"] });
    stops.push(() => server.kill("SIGKILL"));
    let said = "";
    return new Promise((resolve, reject) => {
      const listen = (bytes: Buffer) => {
        said += bytes.toString();
        const port = /ACCEPT \S*:(\d+)/.exec(said)?.[1];
        if (port !== undefined) resolve(Number(port));
      };
      server.stdout.on("data", listen);
      server.stderr.on("data", listen);
      server.once("error", reject);
      server.once("exit", () => reject(new Error(`openssl s_server ended: ${said}`)));
    });
  }

  afterAll(() => {
    for (const stop of stops) stop();
  });

  for (const one of rows.filter(({ row }) => row.openssl)) {
    const { name, model, row } = one;
    it.concurrent(name, async (context) => {
      const port = started.get(row.server) ?? start(row.server);
      started.set(row.server, port);
      const answer = await ask(await modemOf(one, context), row, await port, "/");
      const outcome = row.outcome[model];
      if ("code" in outcome) expectRefused(answer, outcome, model);
      else expect(answer).toMatch(pageOf(outcome));
    });
  }
});

/** What `openssl s_server -www` tells of the connection. */
function pageOf({ protocol, client }: Accepted): RegExp {
  return new RegExp(`s_server[^]*${protocol ?? "TLSv1"}[^]*${typeof client === "string" ? client : ""}`);
}

it("docs/tls-outcomes.md is what these tests say; vitest -u writes it", async () => {
  await expect(outcomesPage()).toMatchFileSnapshot("../../../docs/tls-outcomes.md");
});
