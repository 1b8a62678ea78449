import { writeSync } from "node:fs";
import { Outbox } from "../../../../nodes/common/outbox/outbox";

/** Keeps numbers until it is killed, and says on its output what is kept and what is sent. */
const [path = "", first = "0"] = process.argv.slice(2);
const outbox = new Outbox<string>({ path, limit: 1e6, onChange: () => {}, onWarning: () => {} });
// At once: what is buffered would be lost with the process, though it was true.
const say = (what: string, item: string): void => void writeSync(1, `${what} ${item}\n`);

async function run(): Promise<void> {
  for (let next = Number(first); ; next += 5) {
    const items = [0, 1, 2, 3, 4].map((index) => String(next + index));
    await Promise.all(items.map((item) => outbox.keep(item).then(() => say("kept", item))));
    const entry = await outbox.first(AbortSignal.timeout(1000));
    // What is told to be sent may come again after a restart, but never the other way round.
    say("sent", entry.item);
    outbox.settle(entry, undefined);
  }
}

void run();
