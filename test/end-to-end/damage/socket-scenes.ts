import { isModemError } from "../../../driver/errors";
import type { ModemSocket, SocketStatus } from "../../../driver/services/sockets/sockets";
import { closedPort } from "../../support/listen";
import { DOWN, Owner, type Stage, type TalkingPeer, UP, wait } from "./socket-stage";

/** ms of the test's clock: longer than the driver goes without looking at a silent socket. */
const PATIENCE_MS = 45_000;
const DATAGRAM = Buffer.from('"\r\nOK\r\n\x00datagram"\r\n', "latin1");
const STATES = new Set([
  "established",
  "close-wait",
  "closed",
  "open",
  "fin-wait-1",
  "fin-wait-2",
  "time-wait",
  "last-ack",
]);

/** What a play has shown. */
export interface Account {
  /** What was told, or done as if it were so, and is not. */
  readonly lies: string[];
  /** Payload arrived with flipped bits, in its full length. */
  isFlipped: boolean;
  /** A datagram arrived as if from another sender. */
  isMisaddressed: boolean;
}

export type Play = (stage: Stage) => Promise<Account>;

export const SCENES = {
  "a connection": connection,
  "a datagram": datagram,
  "a connection that the modem accepts": accepted,
} satisfies Readonly<Record<string, Play>>;

const honest = (): Account => ({ lies: [], isFlipped: false, isMisaddressed: false });

async function connection(stage: Stage): Promise<Account> {
  const { sockets } = stage.driver.services;
  const account = honest();
  const owner = new Owner();
  const target = { host: "peer.test", port: 7, timeout: 200_000, mode: "command" } as const;
  const socket = await attempt(sockets.connect(target, owner));
  if (socket === undefined) return account;
  await talk(socket, owner, () => stage.peers[0], account);
  await socket.close();
  return account;
}

async function accepted(stage: Stage): Promise<Account> {
  const { sockets } = stage.driver.services;
  const account = honest();
  const owner = new Owner();
  const localPort = await closedPort();
  let socket: ModemSocket | undefined;
  let hasEnded = false;
  const accept = (one: ModemSocket): Owner => {
    if (socket !== undefined) account.lies.push("one connection was accepted twice");
    socket = one;
    return owner;
  };
  const onClosed = (): void => {
    hasEnded = true;
  };
  const listener = await attempt(sockets.listen({ localPort, timeout: 60_000 }, accept, onClosed));
  if (listener === undefined) return account;
  const peer = stage.dial(localPort);
  await wait(() => socket !== undefined || hasEnded || peer.isOver, PATIENCE_MS);
  if (socket !== undefined) await talk(socket, owner, () => peer, account);
  await (socket as ModemSocket | undefined)?.close();
  await listener.close();
  peer.socket.destroy();
  return account;
}

async function datagram(stage: Stage): Promise<Account> {
  const { sockets } = stage.driver.services;
  const account = honest();
  const owner = new Owner();
  const socket = await attempt(sockets.openUdp({ timeout: 60_000 }, owner));
  if (socket === undefined) return account;
  const to = { host: "127.0.0.1", port: stage.udpPort };
  const isSent = await succeeds(socket.send(DATAGRAM, { to }));
  await wait(() => stage.datagrams.length > 0, isSent ? 120_000 : 0);
  if (isSent && stage.datagrams.length !== 1) account.lies.push(`a datagram was sent ${stage.datagrams.length} times`);
  if (stage.datagrams.some((one) => !one.equals(DATAGRAM))) account.lies.push("a datagram was sent with other bytes");
  // One that came damaged is lost, as it may be anywhere on its way.
  await wait(() => owner.parts.length > 0 || owner.end !== undefined, isSent ? PATIENCE_MS : 0);
  if (owner.parts.length > stage.datagrams.length) account.lies.push("a datagram was received twice");
  for (const part of owner.parts) compare(part, DATAGRAM, account);
  if (owner.from.some(({ ip, port }) => ip !== to.host || port !== to.port)) account.isMisaddressed = true;
  check(await attempt(socket.status()), undefined, account);
  await socket.close();
  return account;
}

/** Both ways until the peer closes. */
async function talk(
  socket: ModemSocket,
  owner: Owner,
  peer: () => TalkingPeer | undefined,
  account: Account,
): Promise<void> {
  const isSent = await succeeds(socket.send(UP));
  check(await attempt(socket.status()), socket.remote, account);
  if (!(await wait(() => owner.end !== undefined, isSent ? PATIENCE_MS : 0)) && isSent) {
    account.lies.push("it has not ended");
  }
  const isWhole = owner.end !== undefined && owner.end.error === undefined;
  const { data } = owner;
  compare(data, isWhole ? DOWN : DOWN.subarray(0, data.length), account);
  const got = peer()?.got ?? Buffer.alloc(0);
  // A prompt that did not come through can be closed by other bytes only: then it is the end of the connection.
  const mayBeOther = !isSent && owner.end?.error !== undefined;
  if (!mayBeOther && !got.equals(isSent ? UP : UP.subarray(0, got.length)))
    account.lies.push(`the peer has got ${shown(got)}`);
}

function compare(data: Buffer, expected: Buffer, account: Account): void {
  if (data.equals(expected)) return;
  const isFlipped = data.length === expected.length && data.every((byte, at) => ((expected[at] ?? 0) ^ byte) < 2);
  if (isFlipped) account.isFlipped = true;
  else account.lies.push(`received ${shown(data)}`);
}

function check(status: SocketStatus | undefined, remote: ModemSocket["remote"], account: Account): void {
  if (status === undefined) return;
  if (!STATES.has(status.state)) account.lies.push(`its state is ${status.state}`);
  if (remote !== undefined && !/^[0-9.]+$/.test(remote.ip)) account.lies.push(`its peer is ${remote.ip}`);
}

const shown = (data: Buffer): string => JSON.stringify(data.toString("latin1"));

async function attempt<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (!isModemError(error)) throw error;
    return undefined;
  }
}

const succeeds = async (work: Promise<void>): Promise<boolean> => (await attempt(work.then(() => true))) === true;
