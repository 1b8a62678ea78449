import { realpath, stat } from "node:fs/promises";
import path from "node:path";

/** ms; with the bar of 2 s from unplugging to a failed message this leaves room for a busy machine. */
const INTERVAL_MS = 500;

/**
 * Watches whether the device behind a path is still there.
 *
 * Device nodes go with the device. In a container they may be made once and stay, so that the kernel's own list in
 * sysfs is watched as well where it names the device.
 */
export class DevicePresence {
  readonly #timer: NodeJS.Timeout;
  readonly #watched: readonly { readonly path: string; readonly inode: number }[];
  readonly #onGone: () => void;
  #checking = false;

  private constructor(watched: readonly { path: string; inode: number }[], onGone: () => void) {
    this.#watched = watched;
    this.#onGone = onGone;
    this.#timer = setInterval(() => void this.#check(), INTERVAL_MS);
  }

  /** Starts to watch. undefined where devices are no files (Windows), and bindings see an unplugging by themselves. */
  static async watch(device: string, onGone: () => void): Promise<DevicePresence | undefined> {
    const resolved = await realpath(device).catch(() => undefined);
    if (resolved === undefined) return undefined;
    const candidates = [resolved, path.join("/sys/class/tty", path.basename(resolved))];
    const found = await Promise.all(candidates.map(async (file) => ({ path: file, inode: await inodeOf(file) })));
    return new DevicePresence(
      found.flatMap(({ path: file, inode }) => (inode === undefined ? [] : [{ path: file, inode }])),
      onGone,
    );
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #check(): Promise<void> {
    if (this.#checking) return;
    this.#checking = true;
    const inodes = await Promise.all(this.#watched.map((file) => inodeOf(file.path)));
    this.#checking = false;
    if (this.#watched.every((file, index) => file.inode === inodes[index])) return;
    this.stop();
    this.#onGone();
  }
}

/** Also tells a device from another one that came in its place. */
async function inodeOf(file: string): Promise<number | undefined> {
  return stat(file).then(
    (stats) => stats.ino,
    () => undefined,
  );
}
