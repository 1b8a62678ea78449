import { readdir, readFile, realpath } from "node:fs/promises";
import path from "node:path";

/** A serial port for the editor's list. */
export interface SerialPortInfo {
  /** What to open: the stable path below `/dev/serial/by-id` where there is one. */
  readonly path: string;
  /** The device that `path` leads to now, e.g. `/dev/ttyUSB2`. */
  readonly device: string;
  readonly manufacturer?: string;
  readonly product?: string;
  readonly serialNumber?: string;
  /** USB ids, four lower-case hex digits. */
  readonly vendorId?: string;
  readonly productId?: string;
  /** A guess by the USB ids: the model, or only the manufacturer. */
  readonly modem?: string;
}

export interface DiscoveryOptions {
  /** Those that are to be recognised. */
  readonly modems?: readonly UsbModem[];
  /** (`/dev`, `/sys`) */
  readonly dev?: string;
  readonly sys?: string;
  /** The bindings' own list, which on Linux needs `udevadm` and rejects without it. */
  readonly list?: () => Promise<ListedPort[]>;
}

/** The part of the bindings' `PortInfo` that is used. */
export interface ListedPort {
  readonly path: string;
  readonly manufacturer?: string | undefined;
  readonly serialNumber?: string | undefined;
  readonly vendorId?: string | undefined;
  readonly productId?: string | undefined;
}

type Details = Omit<SerialPortInfo, "path" | "device" | "modem">;

/** What tells a modem on USB: part of its definition. */
export interface UsbModem {
  readonly name: string;
  readonly manufacturer: string;
  /** Four lower-case hex digits each; of another vendor's number `vendor:product`. */
  readonly usb?: { readonly vendor: string; readonly products: readonly string[] };
}

/** Names of serial devices on Linux and macOS, of USB, on-board UARTs and bridges. */
const SERIAL_DEVICE = /^(tty(USB|ACM|AMA|S|O|THS|mxc|SC|LP|PS|HS|XRUSB)\d+|cu\.(usb|SLAB|wch).*)$/;

/** All serial ports of this machine, those with a stable path first. Never rejects: what can't be read is left out. */
export async function listSerialPorts(options: DiscoveryOptions = {}): Promise<SerialPortInfo[]> {
  const { modems = [], dev = "/dev", sys = "/sys", list = listByBindings } = options;
  const listed = new Map((await list().catch(() => [])).map((port) => [port.path, port]));
  const devices = new Set([...listed.keys(), ...(await scan(dev, sys))]);
  const stable = await stablePaths(dev);
  const ports = await Promise.all(
    [...devices].map(async (device) =>
      withModem(await describe(device, stable.get(device), listed.get(device), sys), modems),
    ),
  );
  return ports.sort(byUsefulness);
}

/** The modem that USB ids stand for. */
export function guessModem(
  modems: readonly UsbModem[],
  vendorId: string | undefined,
  productId: string | undefined,
): string | undefined {
  if (vendorId === undefined) return undefined;
  const known = modems.find(({ usb }) => usb !== undefined && shows(usb, vendorId, productId ?? ""));
  return known?.name ?? modems.find(({ usb }) => usb?.vendor === vendorId)?.manufacturer;
}

function shows({ vendor, products }: NonNullable<UsbModem["usb"]>, vendorId: string, productId: string): boolean {
  return products.includes(`${vendorId}:${productId}`) || (vendor === vendorId && products.includes(productId));
}

async function listByBindings(): Promise<ListedPort[]> {
  const { SerialPort } = await import("serialport");
  return SerialPort.list();
}

async function describe(
  device: string,
  stablePath: string | undefined,
  listed: ListedPort | undefined,
  sys: string,
): Promise<SerialPortInfo> {
  const details = { ...(await usbDetails(device, sys)), ...fromListed(listed) };
  return { path: stablePath ?? device, device, ...details };
}

function withModem(port: SerialPortInfo, modems: readonly UsbModem[]): SerialPortInfo {
  const modem = guessModem(modems, port.vendorId, port.productId);
  return modem === undefined ? port : { ...port, modem };
}

function fromListed(listed: ListedPort | undefined): Details {
  return defined({
    manufacturer: listed?.manufacturer,
    serialNumber: listed?.serialNumber,
    vendorId: listed?.vendorId?.toLowerCase(),
    productId: listed?.productId?.toLowerCase(),
  });
}

/** Devices that exist. On-board ports of type 0 are numbers that the kernel keeps free, without hardware. */
async function scan(dev: string, sys: string): Promise<string[]> {
  const names = (await readdir(dev).catch(() => [])).filter((name) => SERIAL_DEVICE.test(name));
  const kept = await Promise.all(
    names.map(async (name) => (await read(path.join(sys, "class/tty", name, "type"))) !== "0"),
  );
  return names.filter((_, index) => kept[index]).map((name) => path.join(dev, name));
}

/** Device → its link below `serial/by-id`. */
async function stablePaths(dev: string): Promise<Map<string, string>> {
  const folder = path.join(dev, "serial/by-id");
  const links = (await readdir(folder).catch(() => [])).map((name) => path.join(folder, name));
  const pairs = await Promise.all(
    links.map(async (link) =>
      realpath(link).then(
        (device): [string, string][] => [[device, link]],
        () => [],
      ),
    ),
  );
  return new Map(pairs.flat());
}

/** Walks from the tty up to the USB device that it belongs to. */
async function usbDetails(device: string, sys: string): Promise<Details> {
  const start = await realpath(path.join(sys, "class/tty", path.basename(device), "device")).catch(() => undefined);
  let folder = start ?? "";
  for (let level = 0; level < 4 && folder.length > sys.length; level += 1, folder = path.dirname(folder)) {
    const vendorId = await read(path.join(folder, "idVendor"));
    if (vendorId === undefined) continue;
    const [productId, manufacturer, product, serialNumber] = await Promise.all(
      ["idProduct", "manufacturer", "product", "serial"].map((name) => read(path.join(folder, name))),
    );
    return defined({ vendorId, productId, manufacturer, product, serialNumber });
  }
  return {};
}

function byUsefulness(a: SerialPortInfo, b: SerialPortInfo): number {
  const rank = (port: SerialPortInfo): number => (port.path === port.device ? 1 : 0);
  return rank(a) - rank(b) || a.path.localeCompare(b.path, "en", { numeric: true });
}

async function read(file: string): Promise<string | undefined> {
  return readFile(file, "utf8").then(
    (text) => text.trim(),
    () => undefined,
  );
}

function defined(details: { [Key in keyof Details]: Details[Key] | undefined }): Details {
  return Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined));
}
