import { WITHOUT_WAITS } from "../../../bench/unpaced";
import type { Channel, UrcWaiter } from "../../../driver/at/channel-types";

/** Who waits for a driver's channel, however often that is made anew. */
export class Ledger {
  listeners = 0;
  waiters = 0;
  commands = 0;
  readonly models = WITHOUT_WAITS.map((model) => ({
    ...model,
    create: (channel: Channel) => model.create(this.#watch(channel)),
  }));

  #watch(channel: Channel): Channel {
    const watched: Partial<Channel> = {
      send: async (command) => {
        this.commands += 1;
        return channel.send(command).finally(() => {
          this.commands -= 1;
        });
      },
      onUrc: (prefix, listener) => {
        const leave = channel.onUrc(prefix, listener);
        this.listeners += 1;
        return onlyOnce(() => {
          this.listeners -= 1;
          leave();
        });
      },
      waitForUrc: (match, options) => this.#wait(channel.waitForUrc(match, options)),
    };
    const get = (target: Channel, name: keyof Channel): unknown => {
      const value = watched[name] ?? target[name];
      return typeof value === "function" ? value.bind(target) : value;
    };
    return new Proxy(channel, { get: (target, name) => get(target, name as keyof Channel) });
  }

  #wait<T>(waiter: UrcWaiter<T>): UrcWaiter<T> {
    this.waiters += 1;
    const ended = onlyOnce(() => {
      this.waiters -= 1;
    });
    const cancel = (): void => {
      ended();
      waiter.cancel();
    };
    waiter.promise.then(ended, ended);
    return { promise: waiter.promise, start: () => waiter.start(), cancel };
  }
}

function onlyOnce(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) work();
    isDone = true;
  };
}
