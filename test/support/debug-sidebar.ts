import { once } from "node:events";
import WebSocket from "ws";
import { ask } from "./ask";

/** What a debug node shows. */
export interface Shown {
  /** The debug node's. */
  readonly id: string;
  readonly z: string;
  readonly name?: string;
  /** As text, as the editor gets it. */
  readonly msg: unknown;
}

interface Comms {
  readonly topic?: string;
  readonly data?: unknown;
}

/** The part of Node-RED's editor that sees what debug nodes show, and what stands under the nodes. */
export class DebugSidebar {
  readonly shown: Shown[] = [];
  /** What stands under a node now, by its id. */
  readonly statuses = new Map<string, { readonly fill?: string; readonly text?: string }>();
  #changed: () => void = () => undefined;
  readonly #socket: WebSocket;
  readonly #url: string;

  private constructor(socket: WebSocket, url: string) {
    this.#socket = socket;
    this.#url = url;
    socket.on("message", (data) => this.#take([JSON.parse(String(data))].flat() as Comms[]));
  }

  /** @param url of Node-RED */
  static async open(url: string): Promise<DebugSidebar> {
    const socket = new WebSocket(`${url.replace("http", "ws")}comms`);
    const sidebar = new DebugSidebar(socket, url);
    await once(socket, "open");
    for (const topic of ["debug", "status/#"]) socket.send(JSON.stringify({ subscribe: topic }));
    return sidebar;
  }

  /** Presses the button of an inject node. */
  async press(id: string): Promise<void> {
    const pressed = await ask(`${this.#url}inject/${id}`, { method: "POST" });
    if (!pressed.ok) throw new Error(`inject ${id}: ${pressed.status}`);
  }

  /** Resolves with what `find` returns, once that is something. */
  async until<T>(find: () => T | undefined): Promise<T> {
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  close(): void {
    this.#socket.close();
  }

  #take(messages: readonly Comms[]): void {
    for (const { topic, data } of messages) {
      if (topic === "debug") this.shown.push(data as Shown);
      else if (topic?.startsWith("status/")) this.statuses.set(topic.slice("status/".length), data as object);
    }
    this.#changed();
  }
}
