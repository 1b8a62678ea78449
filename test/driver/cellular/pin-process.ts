import { appendFileSync } from "node:fs";
import { PinFile } from "../../../driver/cellular/pin-file";
import { PinMemory } from "../../../driver/cellular/pin-memory";
import { unlockSim } from "../../../driver/cellular/sim";
import { ScriptedChannel } from "./scripted-channel";

/** A process of its own that unlocks the one SIM of all; each attempt is a letter in the file `attempts`. */
const [, , pinFile = "", attempts = "", imei = "", pin = "", told = ""] = process.argv;

const channel = new ScriptedChannel({
  "AT+CPIN?": ["+CPIN: SIM PIN"],
  [`AT+CPIN="${pin}"`]: () => {
    appendFileSync(attempts, "x");
    return 16;
  },
});
const send = channel.send.bind(channel);
// As slow as a SIM, so that the processes are at it together.
channel.send = async (command) => {
  await new Promise((resolve) => setTimeout(resolve, 150));
  return send(command);
};

const questions = { iccid: async () => undefined, pinAttempts: async () => (told === "" ? undefined : Number(told)) };
const options = { port: `port of ${process.pid}`, imei, pin, pins: new PinMemory(new PinFile(pinFile)), questions };
unlockSim(channel, { ...options, bootTime: 1000, interval: 100, signal: new AbortController().signal }).then(
  () => console.log("unlocked"),
  ({ code, message }: { code?: string; message: string }) => console.log(`${code} ${message}`),
);
