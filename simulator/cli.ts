#!/usr/bin/env node
import { createInterface } from "node:readline";
import { type CommandLine, HELP, readCommandLine } from "./arguments";
import type { Face } from "./faces/face";
import { PseudoTerminal } from "./faces/pseudo-terminal";
import { tcpFace, unixFace } from "./faces/server";
import { Simulator } from "./simulator";

const USAGE_ERROR = 2;
const FAILURE = 1;
/** A long timer that keeps the process alive. */
const KEEP_ALIVE_MS = 3_600_000;

async function main(): Promise<void> {
  let commandLine: CommandLine | undefined;
  let simulator: Simulator | undefined;
  try {
    commandLine = readCommandLine(process.argv.slice(2));
    if (commandLine !== undefined) simulator = new Simulator(commandLine.simulator);
  } catch (error) {
    complain(error);
    process.exitCode = USAGE_ERROR;
    return;
  }
  if (commandLine === undefined || simulator === undefined) process.stdout.write(HELP);
  else await serve(simulator, commandLine);
}

async function serve(simulator: Simulator, addresses: CommandLine): Promise<void> {
  const faces: Face[] = [
    ...addresses.tcp.map((port) => tcpFace(simulator.line, port)),
    ...addresses.unix.map((path) => unixFace(simulator.line, path)),
    ...addresses.pty.map((link) => new PseudoTerminal(simulator.line, link)),
  ];
  const end = async () => {
    simulator.close();
    await Promise.all(faces.map((face) => face.close()));
    process.exit();
  };
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.once(signal, () => void end());
  try {
    for (const face of faces) process.stdout.write(`listening ${face.name} ${await face.open()}\n`);
  } catch (error) {
    complain(error);
    process.exitCode = FAILURE;
    await end();
  }
  // An unplugged modem has no open face to keep this process alive.
  setInterval(() => undefined, KEEP_ALIVE_MS);
  followPlug(simulator, faces);
  takeFaults(simulator);
}

/** Unplugging closes the faces; plugging in waits until they are closed. */
function followPlug(simulator: Simulator, faces: readonly Face[]): void {
  let last: Promise<unknown> = Promise.resolve();
  simulator.onPlug((plugged) => {
    last = last
      .then(() => Promise.all(faces.map((face) => (plugged ? face.open() : face.close()))))
      .catch((error: unknown) => complain(error));
  });
}

function takeFaults(simulator: Simulator): void {
  createInterface({ input: process.stdin }).on("line", (line) => {
    if (line.trim() === "") return;
    try {
      simulator.fault(line);
    } catch (error) {
      complain(error);
    }
  });
}

function complain(error: unknown): void {
  process.stderr.write(`cellular-modem-sim: ${error instanceof Error ? error.message : String(error)}\n`);
}

void main().catch((error: unknown) => {
  complain(error);
  process.exit(FAILURE);
});
