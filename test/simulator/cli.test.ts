import { once } from "node:events";
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AtClient } from "../support/at-client";
import { needsTool } from "../support/needs";
import { SimCommand } from "../support/sim-command";

let folder: string;
const started: SimCommand[] = [];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "sim-"));
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((command) => command.stop()));
  rmSync(folder, { recursive: true, force: true });
});

async function start(args: readonly string[], faces = 1): Promise<SimCommand> {
  const command = await SimCommand.start(args, faces);
  started.push(command);
  return command;
}

async function refused(args: readonly string[]): Promise<{ status: number | null; errors: string }> {
  const command = new SimCommand(args);
  const status = await command.ended();
  return { status, errors: command.errors };
}

describe("the simulator's command", () => {
  it("prints a line for each face, and serves all of them", async () => {
    const socket = path.join(folder, "modem.sock");
    const command = await start(["--model", "BG96", "--tcp", "0", `--unix=${socket}`], 2);
    expect(command.output).toMatch(/^listening tcp 127\.0\.0\.1:\d+\nlistening unix \/.*modem\.sock\n$/);
    const client = await AtClient.tcp(command.tcpPort);
    expect((await client.send("AT+CGMM")).lines).toEqual(["BG96"]);
    const other = new AtClient(connect(socket));
    expect((await other.send("AT+CGMM")).lines).toEqual(["BG96"]);
  });

  it("ends at SIGTERM with status 0 and takes its socket away", async () => {
    const socket = path.join(folder, "modem.sock");
    const command = await start(["--unix", socket]);
    expect(existsSync(socket)).toBe(true);
    expect(await command.stop()).toBe(0);
    expect(existsSync(socket)).toBe(false);
  });

  it("tells all options and faults by --help", async () => {
    const command = new SimCommand(["--help"]);
    expect(await command.ended()).toBe(0);
    const options = [
      "model",
      "tcp",
      "unix",
      "pty",
      "baud",
      "latency",
      "registration",
      "route",
      "imei",
      "iccid",
      "imsi",
    ];
    options.push("operator", "pin", "apn", "state", "fault", "seed", "trace", "strict");
    for (const option of options) expect(command.output).toContain(`--${option} `);
    expect(command.output).toContain("NAME[=VALUE][@WHEN][:DURATION]");
  });

  it.each([
    [[], /--tcp, --unix, --pty/],
    [["--tcp", "70000"], /ports are 0 to 65535/],
    [["--tcp"], /--tcp needs a value/],
    [["tcp"], /"tcp" is not an option/],
    [["--tcp", "0", "--model", "EC25"], /there are LARA-R6, BG96/],
    [["--unix", ""], /--unix needs a path/],
    [["--pty="], /--pty needs a path/],
    [["--tcp", "0", "--fault", "explode"], /no fault "explode"/],
    [["--tcp", "0", "--state", "/"], /can't be read as a state file/],
    [["--tcp", "0", "--state", "/no/such/folder/state.json"], /can't be kept/],
    [["--tcp", "0", "--trace", "loud"], /"loud" can't be the value of "trace"/],
    [["--tcp", "0", "--colour", "red"], /unknown option "colour"/],
    [["--tcp", "0", "--baud", "fast"], /"fast" can't be the value of "baud"/],
    [["--tcp", "0", "--route", "x"], /route "x"/],
  ])("%j is refused with words that help", async (args, words) => {
    const { status, errors } = await refused(args);
    expect(status).toBe(2);
    expect(errors).toMatch(words);
    expect(errors).not.toContain("    at ");
  });

  it("lets a second client take over from a first that went away, half a line and all", async () => {
    const command = await start(["--tcp", "0"]);
    const first = await AtClient.tcp(command.tcpPort);
    await first.send("ATE0");
    first.write("AT+CG");
    first.close();
    const second = await AtClient.tcp(command.tcpPort);
    expect((await second.send("AT+CGMM")).lines).toEqual(["LARA-R6001"]);
    expect(second.received).not.toContain("AT");
  });

  it("hangs up on a client when a newer one comes", async () => {
    const command = await start(["--tcp", "0"]);
    const first = await AtClient.tcp(command.tcpPort);
    await first.send("AT");
    const closed = once(first.stream, "close");
    const second = await AtClient.tcp(command.tcpPort);
    await closed;
    expect((await second.send("AT")).result).toBe("OK");
  });

  it("keeps NVM and files in its state file", async () => {
    const state = path.join(folder, "state.json");
    const before = await start(["--tcp", "0", "--state", state]);
    const client = await AtClient.tcp(before.tcpPort);
    await client.send('AT+CGDCONT=4,"IP","kept"');
    expect(await before.stop()).toBe(0);
    expect(JSON.parse(readFileSync(state, "utf8"))).toHaveProperty("nvm");
    const after = await start(["--tcp", "0", "--state", state]);
    const again = await AtClient.tcp(after.tcpPort);
    expect((await again.send("AT+CGDCONT?")).lines).toContain('+CGDCONT: 4,"IP","kept","",0,0,0,0');
  });

  it("has stored what it said OK to, whatever happens to it next", async () => {
    const state = path.join(folder, "state.json");
    const before = await start(["--tcp", "0", "--state", state]);
    const client = await AtClient.tcp(before.tcpPort);
    await client.send('AT+CGDCONT=4,"IP","kept"');
    before.kill();
    expect(await before.ended()).toBe(null);
    const after = await start(["--tcp", "0", "--state", state]);
    const again = await AtClient.tcp(after.tcpPort);
    expect((await again.send("AT+CGDCONT?")).lines).toContain('+CGDCONT: 4,"IP","kept","",0,0,0,0');
  });

  it("refuses a state file that is none", async () => {
    const state = path.join(folder, "notes.txt");
    writeFileSync(state, "dear diary");
    const { status, errors } = await refused(["--tcp", "0", "--state", state]);
    expect(status).toBe(2);
    expect(errors).toContain("is not a state file");
  });

  it("takes faults from standard input, and says which it does not know", async () => {
    const command = await start(["--tcp", "0"]);
    const client = await AtClient.tcp(command.tcpPort);
    command.say("explode");
    await expect.poll(() => command.errors).toContain('no fault "explode"');
    command.say("garbage=5");
    expect(await client.bytes(5)).toHaveLength(5);
  });

  it("is away while unplugged, and back at the same address", async () => {
    const command = await start(["--tcp", "0"]);
    const client = await AtClient.tcp(command.tcpPort);
    const closed = once(client.stream, "close");
    command.say("unplug");
    await closed;
    await expect
      .poll(() =>
        AtClient.tcp(command.tcpPort).then(
          () => "up",
          () => "away",
        ),
      )
      .toBe("away");
    command.say("plug");
    await expect
      .poll(() =>
        AtClient.tcp(command.tcpPort).then(
          (up) => up.send("AT"),
          () => "away",
        ),
      )
      .toMatchObject({ result: "OK" });
  });

  it("schedules faults by --fault", async () => {
    const command = await start(["--tcp", "0", "--fault", "no-sim", "--fault=weak-signal"]);
    const client = await AtClient.tcp(command.tcpPort);
    expect((await client.send("AT+CPIN?")).result).toBe("ERROR");
  });

  it("shows both directions by --trace, control characters as escapes", async () => {
    const command = await start(["--tcp", "0", "--trace"]);
    const client = await AtClient.tcp(command.tcpPort);
    await client.send("AT");
    await expect.poll(() => command.errors).toContain("> AT\\r\n");
    await expect.poll(() => command.errors).toMatch(/^< .*\\r\\nOK\\r\\n$/m);
  });

  it("takes a UNIX socket over that a killed one left, but not one in use", async () => {
    const socket = path.join(folder, "modem.sock");
    const killed = await start(["--unix", socket]);
    killed.process.kill("SIGKILL");
    await killed.ended();
    await start(["--unix", socket]);
    const { status, errors } = await refused(["--unix", socket]);
    expect(status).toBe(1);
    expect(errors).toContain("EADDRINUSE");
  });

  it("says that --pty needs socat where there is none", async () => {
    const command = new SimCommand(["--pty", path.join(folder, "modem0")], { ...process.env, PATH: folder });
    expect(await command.ended()).toBe(1);
    expect(command.errors).toContain("needs the program socat");
  });

  it("does not put a device where a file is", async () => {
    const file = path.join(folder, "precious");
    writeFileSync(file, "content");
    const { status, errors } = await refused(["--pty", file]);
    expect(status).toBe(1);
    expect(errors).toContain("there is a file with that name");
    expect(readFileSync(file, "utf8")).toBe("content");
  });
});

const socat = needsTool("socat");
describe.skipIf(socat.skip)(`a pseudo-terminal${socat.reason}`, () => {
  it("is there while the command runs, and gone when it ends", async () => {
    const link = path.join(folder, "modem0");
    const command = await start(["--pty", link]);
    expect(command.output).toBe(`listening pty ${link}\n`);
    expect(existsSync(link)).toBe(true);
    await command.stop();
    expect(existsSync(link)).toBe(false);
  });

  it("has the line again when somebody types there after another client", async () => {
    const link = path.join(folder, "modem0");
    const command = await start(["--pty", link, "--tcp", "0"], 2);
    const client = await AtClient.tcp(command.tcpPort);
    await client.send("ATE0");
    const closed = once(client.stream, "close");
    const device = openSync(link, "r+");
    try {
      writeSync(device, "AT+CGMM\r");
      await closed;
      const answer = Buffer.alloc(64);
      await expect.poll(() => answer.toString("latin1", 0, readSync(device, answer))).toContain("LARA-R6001");
    } finally {
      closeSync(device);
    }
  });

  it("goes when the modem is unplugged, and comes back", async () => {
    const link = path.join(folder, "modem0");
    const command = await start(["--pty", link]);
    command.say("unplug");
    await expect.poll(() => existsSync(link)).toBe(false);
    command.say("plug");
    await expect.poll(() => existsSync(link)).toBe(true);
  });

  it("does not stay behind when the command is killed", async () => {
    const link = path.join(folder, "modem0");
    const command = await start(["--pty", link]);
    command.process.kill("SIGKILL");
    await expect.poll(() => existsSync(link), { timeout: 5000 }).toBe(false);
  });
});
