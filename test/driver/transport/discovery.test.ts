import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MODELS } from "../../../driver/models";
import { guessModem, listSerialPorts } from "../../../driver/transport/discovery";

let root: string;
const dev = () => path.join(root, "dev");
const sys = () => path.join(root, "sys");
const withoutUdev = () => Promise.reject(new Error("spawn udevadm ENOENT"));

function file(name: string, content = ""): void {
  mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
  writeFileSync(path.join(root, name), content);
}

function link(name: string, target: string): void {
  mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
  symlinkSync(path.join(root, target), path.join(root, name));
}

beforeEach(() => {
  root = realpathSync(mkdtempSync(path.join(tmpdir(), "discovery-")));
});
afterEach(() => rmSync(root, { recursive: true }));

describe("listSerialPorts", () => {
  it("finds devices, stable paths and USB ids where udevadm is missing", async () => {
    for (const name of ["ttyUSB10", "ttyUSB2", "ttyACM0", "ttymxc1", "null", "tty1", "ptmx"]) file(`dev/${name}`);
    link("dev/serial/by-id/usb-u-blox_LARA-if02-port0", "dev/ttyUSB2");
    file("sys/devices/usb1/1-1/idVendor", "05c6\n");
    file("sys/devices/usb1/1-1/idProduct", "908b\n");
    file("sys/devices/usb1/1-1/manufacturer", "u-blox\n");
    file("sys/devices/usb1/1-1/1-1:1.2/ttyUSB2/port_number", "0\n");
    link("sys/class/tty/ttyUSB2/device", "sys/devices/usb1/1-1/1-1:1.2/ttyUSB2");

    const ports = await listSerialPorts({ modems: MODELS, dev: dev(), sys: sys(), list: withoutUdev });

    expect(ports.map((port) => path.relative(dev(), port.path))).toEqual([
      "serial/by-id/usb-u-blox_LARA-if02-port0",
      "ttyACM0",
      "ttymxc1",
      "ttyUSB10",
    ]);
    expect(ports[0]).toEqual({
      path: path.join(dev(), "serial/by-id/usb-u-blox_LARA-if02-port0"),
      device: path.join(dev(), "ttyUSB2"),
      vendorId: "05c6",
      productId: "908b",
      manufacturer: "u-blox",
      modem: "LARA-R6",
    });
  });

  it("leaves out numbered on-board ports without hardware", async () => {
    file("dev/ttyS0");
    file("dev/ttyS1");
    file("sys/class/tty/ttyS0/type", "4\n");
    file("sys/class/tty/ttyS1/type", "0\n");
    const ports = await listSerialPorts({ modems: MODELS, dev: dev(), sys: sys(), list: withoutUdev });
    expect(ports.map((port) => port.device)).toEqual([path.join(dev(), "ttyS0")]);
  });

  it("takes what the bindings know where they can list", async () => {
    const list = async () => [{ path: "COM7", vendorId: "2C7C", productId: "0296", serialNumber: "77" }];
    expect(await listSerialPorts({ modems: MODELS, dev: dev(), sys: sys(), list })).toEqual([
      { path: "COM7", device: "COM7", vendorId: "2c7c", productId: "0296", serialNumber: "77", modem: "BG96" },
    ]);
  });

  it("ignores a stable path that leads nowhere", async () => {
    file("dev/ttyUSB0");
    link("dev/serial/by-id/usb-gone", "dev/ttyUSB9");
    const ports = await listSerialPorts({ modems: MODELS, dev: dev(), sys: sys(), list: withoutUdev });
    expect(ports.map((port) => port.path)).toEqual([path.join(dev(), "ttyUSB0")]);
  });

  it("resolves with nothing, and does not reject, where there is nothing", async () => {
    await expect(listSerialPorts({ modems: MODELS, dev: dev(), sys: sys(), list: withoutUdev })).resolves.toEqual([]);
  });

  it("works on this machine, whatever it has", async () => {
    await expect(listSerialPorts()).resolves.toBeInstanceOf(Array);
  });
});

describe("guessModem", () => {
  it.each([
    ["1546", "1311", "LARA-R6"],
    ["1546", "01a8", "u-blox"],
    ["2c7c", "0125", "Quectel"],
    ["0403", "6001", undefined],
    [undefined, undefined, undefined],
  ])("takes USB ids %s:%s for %s", (vendor, product, modem) => expect(guessModem(MODELS, vendor, product)).toBe(modem));
});
