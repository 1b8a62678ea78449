import { describe, expect, it } from "vitest";
import type { SecureServer } from "../../internet/secure-server";
import { identity, pem } from "../../internet/tls-servers";
import type { LaraHost } from "../lara-host";
import { importInto, run, secure, secureHost, secureServer, useSecurity } from "./secure-host";

/** Guide 3.4.4: value of 13,1, the tag of the data, and the version of TLS that has it. */
const KINDS = [
  { type: 0, tag: 2, protocol: "TLSv1.2" },
  { type: 10, tag: 12, protocol: "TLSv1.2" },
  { type: 1, tag: 3, protocol: "TLSv1.2" },
  { type: 11, tag: 13, protocol: "TLSv1.2" },
  { type: 3, tag: 5, protocol: "TLSv1.3" },
  { type: 13, tag: 15, protocol: "TLSv1.3" },
] as const;
type Kind = (typeof KINDS)[number];

const isTold = ({ type }: Kind) => type === 0 || type === 10;
const isPrompted = ({ type }: Kind) => type === 3 || type === 13;

async function server(kind: Kind): Promise<SecureServer> {
  return secureServer(identity("server"), { tickets: !isTold(kind) });
}

/** A modem that checks the server and keeps sessions of that kind. */
async function hostFor(port: number, kind: Kind): Promise<LaraHost> {
  const host = await secureHost(port);
  await importInto(host, 0, "root", pem("ca.cert"));
  await keepSessions(host, kind);
  return host;
}

async function keepSessions(host: LaraHost, { type, protocol }: Kind): Promise<void> {
  await secure(host, "0,1", ...(protocol === "TLSv1.3" ? ["1,4"] : []), "13,0,1", `13,1,${type}`);
}

async function rebootAndKeepSessions(host: LaraHost, kind: Kind): Promise<void> {
  await host.reboot();
  await run(host, "AT+CGACT=1,1");
  await useSecurity(host);
  await keepSessions(host, kind);
}

/** Asks for a page; gives back the unsolicited lines up to the result, without their prefix. */
async function ask(host: LaraHost): Promise<string[]> {
  await run(host, 'AT+UHTTPC=0,1,"/","r"');
  const lines = await host.until(/\+UUHTTPCR: [^\r]*\r\n/);
  const urcs = lines.split("\r\n").filter((line) => line !== "");
  expect(urcs.pop()).toBe("+UUHTTPCR: 0,1,1");
  return urcs.map((line) => line.replace("+UUSECPRF: 1,13,", ""));
}

/** Session data as the modem gives them after a connection: what stands after the tag. */
async function obtain(host: LaraHost, kind: Kind): Promise<string> {
  const urcs = await ask(host);
  if (isTold(kind)) {
    expect(urcs).toEqual([`1,${kind.type}`, expect.stringMatching(new RegExp(`^${kind.tag},[^"]+,[^"]+$`))]);
    return urcs[1]?.replace(/^\d+,/, "") ?? "";
  }
  expect(urcs).toEqual(["0,2"]);
  const [line = ""] = await host.command(`AT+USECPRF=1,13,${kind.tag}`);
  expect(line).toMatch(new RegExp(`^\\+USECPRF: 1,13,${kind.tag},[^",]+,\\d+$`));
  return line.replace(/^.*?,13,\d+,/, "");
}

async function setSession(host: LaraHost, kind: Kind, values: string): Promise<string> {
  if (!isPrompted(kind)) return (await host.command(`AT+USECPRF=1,13,${kind.tag},${values}`)).join();
  const [data = "", size] = values.split(",");
  return host.upload(`AT+USECPRF=1,13,${kind.tag},${size}`, Buffer.from(data));
}

const reuse = ({ seen }: SecureServer) => seen.map(({ reused }) => reused);

describe.each(KINDS)("session resumption of type $type", (kind) => {
  it("takes a session up again after a reboot, by the server's word", async () => {
    const web = await server(kind);
    const host = await hostFor(web.port, kind);
    const values = await obtain(host, kind);
    await rebootAndKeepSessions(host, kind);
    expect(await setSession(host, kind, values)).toBe("OK");
    const urcs = await ask(host);
    expect(urcs).toEqual(isTold(kind) ? [`1,${kind.type}`, `${kind.tag},${values}`] : ["0,2"]);
    expect(reuse(web)).toEqual([false, true]);
    expect(web.seen[1]?.protocol).toBe(kind.protocol);
  });

  it("makes a full handshake and gives new data when the server has forgotten the session", async () => {
    const web = await server(kind);
    const host = await hostFor(web.port, kind);
    const values = await obtain(host, kind);
    expect(await setSession(host, kind, values)).toBe("OK");
    web.forget();
    const renewed = await obtain(host, kind);
    expect(renewed).not.toBe(values);
    expect(await setSession(host, kind, renewed)).toBe("OK");
    await obtain(host, kind);
    expect(reuse(web)).toEqual([false, false, true]);
  });

  it("makes a full handshake with data that no modem of this kind gave", async () => {
    const web = await server(kind);
    const host = await hostFor(web.port, kind);
    const junk = Buffer.alloc(300, "junk").toString("base64");
    expect(await setSession(host, kind, kind.type === 0 ? `${junk},${junk}` : `${junk},400`)).toBe("OK");
    const renewed = await obtain(host, kind);
    expect(renewed).not.toContain(junk);
    expect(reuse(web)).toEqual([false]);
  });

  it.each(["no base64!", "abc", "ab==cd=="])("refuses %j", async (text) => {
    const web = await server(kind);
    const host = await hostFor(web.port, kind);
    const values = kind.type === 0 ? `${text},${text}` : `${text},${text.length}`;
    expect(await setSession(host, kind, values)).toBe("+CME ERROR: incorrect parameters");
    expect(await host.command("AT+USECPRF=1,13,0")).toEqual(["+USECPRF: 1,13,0,1", "OK"]);
  });

  it("takes data only while resumption is on and of this type", async () => {
    const host = await secureHost(1);
    const line = isPrompted(kind) ? `AT+USECPRF=1,13,${kind.tag},4` : `AT+USECPRF=1,13,${kind.tag},AAAA,4`;
    const refused = ["+CME ERROR: operation not allowed"];
    await secure(host, `13,1,${kind.type}`);
    expect(await host.command(line)).toEqual(refused);
    await secure(host, "13,0,1", `13,1,${kind.type === 0 ? 1 : 0}`);
    expect(await host.command(line)).toEqual(refused);
    expect(await host.command(`AT+USECPRF=1,13,${kind.tag}`)).toEqual(refused);
  });

  it("says nothing of sessions when it is off", async () => {
    const web = await server(kind);
    const host = await hostFor(web.port, kind);
    await secure(host, "13,0,0");
    expect(await ask(host)).toEqual([]);
  });

  it("says nothing of sessions when the handshake fails", async () => {
    const web = await secureServer(identity("wrong-host"), { tickets: !isTold(kind) });
    const host = await hostFor(web.port, kind);
    await secure(host, "0,2", '4,"server.example"');
    await run(host, 'AT+UHTTPC=0,1,"/","r"');
    expect(await host.until(/\+UUHTTPCR: [^\r]*\r\n/)).toBe("\r\n+UUHTTPCR: 0,1,0\r\n");
  });
});

describe.each(KINDS.filter((kind) => !isPrompted(kind)))("session data of type $type in a command line", (kind) => {
  it("takes its data with quotation marks as well", async () => {
    const web = await server(kind);
    const host = await hostFor(web.port, kind);
    const [first, second] = (await obtain(host, kind)).split(",");
    expect(await setSession(host, kind, kind.type === 0 ? `"${first}","${second}"` : `"${first}",${second}`)).toBe(
      "OK",
    );
    await ask(host);
    expect(reuse(web)).toEqual([false, true]);
  });

  it("are not left empty", async () => {
    const web = await server(kind);
    const host = await hostFor(web.port, kind);
    expect(await setSession(host, kind, kind.type === 0 ? '"",""' : '"",0')).toBe("+CME ERROR: incorrect parameters");
  });
});

describe.each(KINDS.filter(({ type }) => type >= 10))("encrypted session data of type $type", (kind) => {
  it("are of no use to another modem", async () => {
    const web = await server(kind);
    const first = await hostFor(web.port, kind);
    const second = await hostFor(web.port, kind);
    const values = await obtain(first, kind);
    expect(await setSession(second, kind, values)).toBe("OK");
    expect(await obtain(second, kind)).not.toBe(values);
    expect(await setSession(first, kind, values)).toBe("OK");
    await ask(first);
    expect(reuse(web)).toEqual([false, false, true]);
  });

  it("hide the session, which plain data show", async () => {
    const web = await server(kind);
    const host = await hostFor(web.port, kind);
    // A session begins with its version and the one of TLS, in ASN.1.
    const start = Buffer.from([0x02, 0x01, 0x01, 0x02, 0x02, 0x03]);
    const shows = (values: string) => values.split(",").some((value) => Buffer.from(value, "base64").includes(start));
    expect(shows(await obtain(host, kind))).toBe(false);
    const plain = KINDS.find(({ type }) => type === kind.type - 10) as Kind;
    await keepSessions(host, plain);
    expect(shows(await obtain(host, plain))).toBe(true);
  });
});

describe("a session id", () => {
  const [kind] = KINDS;

  it("is used only after it was set", async () => {
    const web = await server(kind);
    const host = await hostFor(web.port, kind);
    const first = await obtain(host, kind);
    const second = await obtain(host, kind);
    expect(second).not.toBe(first);
    expect(await host.command("AT+USECPRF=1,13,0")).toEqual(["+USECPRF: 1,13,0,1", "OK"]);
    await setSession(host, kind, second);
    expect(await host.command("AT+USECPRF=1,13,0")).toEqual(["+USECPRF: 1,13,0,2", "OK"]);
    expect(await obtain(host, kind)).toBe(second);
    expect(reuse(web)).toEqual([false, false, true]);
  });

  it("that does not fit its secret is not offered", async () => {
    const web = await server(kind);
    const host = await hostFor(web.port, kind);
    const [first] = (await obtain(host, kind)).split(",");
    const [, second] = (await obtain(host, kind)).split(",");
    await setSession(host, kind, `${first},${second}`);
    await obtain(host, kind);
    expect(reuse(web)).toEqual([false, false, false]);
  });

  it("is the one that the server gave", async () => {
    const web = await server(kind);
    const host = await hostFor(web.port, kind);
    const [id = ""] = (await obtain(host, kind)).split(",");
    expect(web.sessionIds()).toEqual([Buffer.from(id, "base64").toString("hex")]);
  });

  it("that a server does not give sets the status back to enabled", async () => {
    const web = await server(kind);
    const host = await hostFor(web.port, kind);
    await setSession(host, kind, await obtain(host, kind));
    await secure(host, "1,4");
    expect(await ask(host)).toEqual(["0,1"]);
    expect(await host.command("AT+USECPRF=1,13,0")).toEqual(["+USECPRF: 1,13,0,1", "OK"]);
    expect(web.seen).toMatchObject([{ protocol: "TLSv1.2" }, { protocol: "TLSv1.3" }]);
  });
});

describe.each(KINDS.filter((kind) => !isTold(kind)))("a ticket of type $type", (kind) => {
  it("is held for the next connection", async () => {
    const web = await server(kind);
    const host = await hostFor(web.port, kind);
    for (let i = 0; i < 3; i += 1) expect(await ask(host)).toEqual(["0,2"]);
    expect(reuse(web)).toEqual([false, true, true]);
    expect(await host.command("AT+USECPRF=1,13,0")).toEqual(["+USECPRF: 1,13,0,2", "OK"]);
  });

  it.each(["reset", "off and on", "another type and back", "reboot"])("is forgotten by %s", async (how) => {
    const web = await server(kind);
    const host = await hostFor(web.port, kind);
    await ask(host);
    if (how === "reset") await run(host, "AT+USECPRF=1");
    if (how === "off and on") await secure(host, "13,0,0");
    if (how === "another type and back") await secure(host, "13,1,0");
    if (how === "reboot") await rebootAndKeepSessions(host, kind);
    else await keepSessions(host, kind);
    await ask(host);
    expect(reuse(web)).toEqual([false, false]);
  });

  it("stays at enabled where the version does not fit, and the connection works", async () => {
    const web = await server(kind);
    const host = await hostFor(web.port, kind);
    await secure(host, kind.protocol === "TLSv1.3" ? "1,0" : "1,4");
    expect(await ask(host)).toEqual(["0,1"]);
    expect(await ask(host)).toEqual(["0,1"]);
    expect(reuse(web)).toEqual([false, false]);
    expect(await host.command(`AT+USECPRF=1,13,${kind.tag}`)).toEqual(["+CME ERROR: operation not allowed"]);
  });

  it("fits the size that it is told with", async () => {
    const web = await server(kind);
    const host = await hostFor(web.port, kind);
    const [data = "", size = ""] = (await obtain(host, kind)).split(",");
    expect(Number(size)).toBe(data.length);
    const wrong = isPrompted(kind) ? "8193" : `${data},${Number(size) + 4}`;
    expect(await host.command(`AT+USECPRF=1,13,${kind.tag},${wrong}`)).toEqual(["+CME ERROR: incorrect parameters"]);
  });
});

it.each(KINDS.filter(({ type }) => type === 1 || type === 11))(
  "a ticket of type $type that no server gives leaves the status at enabled",
  async (kind) => {
    const web = await secureServer(identity("server"), { tickets: false });
    const host = await hostFor(web.port, kind);
    expect(await ask(host)).toEqual(["0,1"]);
  },
);

it("a ticket with a client's certificate in it fits a command line", async () => {
  const asking = { requestCert: true, rejectUnauthorized: true, ca: pem("ca.cert") };
  const web = await secureServer({ ...identity("server"), ...asking });
  const kind = KINDS[2];
  const host = await hostFor(web.port, kind);
  await importInto(host, 1, "cert", pem("client.cert"));
  await importInto(host, 2, "key", pem("client.key"));
  await secure(host, '5,"cert"', '6,"key"');
  const values = await obtain(host, kind);
  expect(values.length).toBeGreaterThan(1500);
  await secure(host, "13,0,0", "13,0,1");
  expect(await setSession(host, kind, values)).toBe("OK");
  await ask(host);
  expect(reuse(web)).toEqual([false, true]);
});
