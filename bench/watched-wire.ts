import { type AddressInfo, connect, createServer, type Server } from "node:net";

/** Is shown what crosses a wire, towards its target and back. */
export interface Watcher {
  up(bytes: Buffer): void;
  down(bytes: Buffer): void;
}

/** The port of a server on loopback. */
export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** A wire to a port on loopback that shows what crosses it. */
export async function openWire(target: number, watcher: Watcher): Promise<{ port: number; close: () => void }> {
  const server = createServer((client) => {
    const far = connect({ host: "127.0.0.1", port: target, noDelay: true });
    client.setNoDelay(true);
    client.on("data", (bytes) => {
      watcher.up(bytes);
      far.write(bytes);
    });
    far.on("data", (bytes) => {
      watcher.down(bytes);
      client.write(bytes);
    });
    client.on("close", () => far.destroy());
    far.on("close", () => client.destroy());
    client.on("error", () => far.destroy());
    far.on("error", () => client.destroy());
  });
  const port = await listen(server);
  return { port, close: () => server.close() };
}
