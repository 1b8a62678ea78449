import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { needsTool } from "../../support/needs";
import { SimCommand } from "../../support/sim-command";

/** Debian puts daemons and chat where not every PATH looks. */
process.env.PATH = `${process.env.PATH}:/usr/sbin:/sbin`;

let folder: string;
let command: SimCommand | undefined;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "programs-"));
});
afterEach(async () => {
  await command?.stop();
  command = undefined;
  rmSync(folder, { recursive: true, force: true });
});

interface Run {
  readonly status: number | null;
  readonly output: string;
}

async function run(program: string, args: readonly string[], device?: number): Promise<Run> {
  const child = spawn(program, args, { stdio: [device ?? "ignore", device ?? "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (text: Buffer) => {
      output += text.toString();
    });
  }
  const [status] = (await once(child, "close")) as [number | null];
  return { status, output };
}

/** What a name's need is missing, of several. */
function needs(...names: string[]): { skip: boolean; reason: string } {
  return names.map((name) => needsTool(name)).find(({ reason }) => reason !== "") ?? { skip: false, reason: "" };
}

async function startOnPty(): Promise<string> {
  const link = path.join(folder, "modem0");
  command = await SimCommand.start(["--pty", link]);
  return link;
}

const chat = needs("socat", "chat");
describe.skipIf(chat.skip)(`chat${chat.reason}`, () => {
  it("talks to the modem on its pseudo-terminal", async () => {
    const device = openSync(await startOnPty(), "r+");
    try {
      const script = ["", "ATZ", "OK", "AT+CGMM", "LARA-R6001", "AT+CFUN?", "+CFUN: 1", "", "OK"];
      expect(await run("chat", ["-v", "-s", "-t", "3", ...script], device)).toMatchObject({ status: 0 });
    } finally {
      closeSync(device);
    }
  });

  it("sees an abort string", async () => {
    const device = openSync(await startOnPty(), "r+");
    try {
      const { status } = await run("chat", ["-s", "-t", "3", "ABORT", "ERROR", "", "AT+NONE", "OK"], device);
      expect(status).toBe(4);
    } finally {
      closeSync(device);
    }
  });
});

const gammu = needs("socat", "gammu");
describe.skipIf(gammu.skip)(`gammu${gammu.reason}`, () => {
  async function gammuOn(...options: string[]): Promise<Run> {
    const settings = path.join(folder, "gammurc");
    if (command === undefined) {
      writeFileSync(settings, `[gammu]\ndevice=${await startOnPty()}\nconnection=at115200\n`);
    }
    return await run("gammu", ["-c", settings, ...options]);
  }

  it("F46 sends a message to the modem's own number, and reads it", async () => {
    const sent = await gammuOn("sendsms", "TEXT", "+12025550147", "-text", "Hello from gammu");
    expect(sent).toMatchObject({ status: 0 });
    const { status, output } = await gammuOn("getallsms");
    expect(output).toContain("Hello from gammu");
    expect(output).toContain('"+12025550147"');
    expect(status).toBe(0);
  });

  it("identifies the modem on its pseudo-terminal", async () => {
    const { status, output } = await gammuOn("--identify");
    expect(output).toMatch(/Manufacturer\s+: u-blox/);
    expect(output).toMatch(/Model\s+: .*LARA-R6001/);
    expect(output).toMatch(/IMEI\s+: 357862090033897/);
    expect(output).toMatch(/SIM IMSI\s+: 001010123456789/);
    expect(status).toBe(0);
  });

  it("finds the home network", async () => {
    const { status, output } = await gammuOn("--networkinfo");
    expect(output).toMatch(/Network state\s+: home network/);
    expect(output).toMatch(/Name in phone\s+: "Test Network"/);
    expect(output).toMatch(/GPRS\s+: attached/);
    expect(status).toBe(0);
  });
});

const BUS = "org.freedesktop.ModemManager1";
const manager = needs("ModemManager", "mmcli", "gdbus", "dbus-daemon");
describe.skipIf(manager.skip)(`ModemManager${manager.reason}`, () => {
  const children: ChildProcess[] = [];
  let environment: NodeJS.ProcessEnv = {};

  /** A bus of this test's own. */
  async function startBus(): Promise<void> {
    const bus = spawn("dbus-daemon", ["--session", "--nofork", "--print-address"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    children.push(bus);
    const [address] = (await once(bus.stdout, "data")) as [Buffer];
    environment = { ...process.env, DBUS_SESSION_BUS_ADDRESS: address.toString().trim() };
  }

  function startManager(): void {
    const log = openSync(path.join(folder, "mm.log"), "w");
    const options = ["--debug", "--test-session", "--test-enable", "--test-no-udev", "--no-auto-scan"];
    children.push(spawn("ModemManager", options, { env: environment, stdio: ["ignore", log, log] }));
    closeSync(log);
  }

  async function ask(program: string, args: readonly string[]): Promise<Run> {
    const before = process.env.DBUS_SESSION_BUS_ADDRESS;
    process.env.DBUS_SESSION_BUS_ADDRESS = environment.DBUS_SESSION_BUS_ADDRESS;
    try {
      return await run(program, args);
    } finally {
      if (before === undefined) delete process.env.DBUS_SESSION_BUS_ADDRESS;
      else process.env.DBUS_SESSION_BUS_ADDRESS = before;
    }
  }

  const call = (method: string, ...args: string[]) =>
    ask("gdbus", ["call", "--session", "-d", BUS, "-o", `/${BUS.replaceAll(".", "/")}`, "-m", method, ...args]);
  const mmcli = (...args: string[]) => ask("mmcli", ["--test-session", ...args]);

  afterEach(async () => {
    for (const child of children.splice(0).reverse()) {
      child.kill("SIGTERM");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    }
  });

  it("initialises, identifies and enables the simulated LARA-R6 with its generic plugin", {
    timeout: 60_000,
  }, async () => {
    const socket = path.join(folder, "modem.sock");
    command = await SimCommand.start(["--unix", socket, "--trace"]);
    await startBus();
    startManager();
    await expect.poll(async () => (await call("org.freedesktop.DBus.Peer.Ping")).status, { timeout: 10_000 }).toBe(0);
    const profile = await call(`${BUS}.Test.SetProfile`, "simulated", "generic", `['${socket}']`);
    expect(profile).toMatchObject({ status: 0 });

    await expect.poll(async () => (await mmcli("-L")).output, { timeout: 20_000 }).toContain("/Modem/0");
    await expect.poll(async () => (await mmcli("-m", "0")).output, { timeout: 20_000 }).toMatch(/state: .*disabled/);
    expect(await mmcli("-m", "0", "-e")).toMatchObject({ status: 0 });
    await expect.poll(async () => (await mmcli("-m", "0")).output, { timeout: 20_000 }).toMatch(/state: .*registered/);

    const { output } = await mmcli("-m", "0");
    expect(output).toMatch(/manufacturer: u-blox/);
    expect(output).toMatch(/model: LARA-R6001/);
    expect(output).toMatch(/supported: lte/);
    expect(output).toMatch(/imei: 357862090033897/);
    expect(output).toMatch(/operator id: 00101/);
    expect(output).toMatch(/operator name: Test Network/);
    expect(output).toMatch(/registration: home/);
    expect(output).toMatch(/packet service state: attached/);
    expect(output).toMatch(/unlock retries: sim-pin \(3\), sim-puk \(10\)/);
    const card = await mmcli("-i", "0");
    expect(card.output).toMatch(/imsi: 001010123456789/);
    expect(card.output).toMatch(/iccid: 89882280666012345678/);
    // What the generic plugin tries on every modem, and LARA-R6 does not have, is all that was refused.
    const refused = [...command.errors.matchAll(/^> (AT\S+)\\r\\n\n(?:< .*\n)*?< .*ERROR.*$/gm)].map(
      ([, line]) => line,
    );
    expect(refused).toEqual(["AT*CNTI=2"]);
    expect(readFileSync(path.join(folder, "mm.log"), "utf8")).not.toContain("GLib-CRITICAL");
    await sendMessage();
  });

  /** F46: to the modem's own number, so that it comes back. */
  async function sendMessage(): Promise<void> {
    const made = await mmcli("-m", "0", "--messaging-create-sms=number='+12025550147',text='Hello from ModemManager'");
    const [, number = ""] = /SMS\/(\d+)/.exec(made.output) ?? [];
    expect(await mmcli("-s", number, "--send")).toMatchObject({ status: 0 });
    await expect
      .poll(async () => (await mmcli("-m", "0", "--messaging-list-sms")).output, { timeout: 20_000 })
      .toContain("(received)");
    const [, arrived = ""] =
      /SMS\/(\d+) \(received\)/.exec((await mmcli("-m", "0", "--messaging-list-sms")).output) ?? [];
    expect((await mmcli("-s", arrived)).output).toContain("Hello from ModemManager");
  }
});
