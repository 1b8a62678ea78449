/**
 * A flow as people wire it without a driver: the stock serial node, function nodes and delay nodes. One command, wait for
 * its answer, wait the 20 ms that the manual asks for, next command; 50 ms between `@` and data.
 *
 * The serial node ends a message after 10 ms of silence, since the prompt has no line end and data may contain any.
 */
const SILENCE = 10;

/** Takes what is to be sent, or how much is to be read, from an HTTP request. */
const BEGIN = `
const socket = Number(msg.req.query.socket);
const text = msg.req.query.way === "text";
const data = Buffer.isBuffer(msg.payload) ? msg.payload : Buffer.alloc(0);
const transfer = { msg, socket, text, data, offset: 0, total: Number(msg.req.query.read || 0), parts: [], buffer: Buffer.alloc(0) };
flow.set("transfer", transfer);
return { payload: "" };
`;

/** Asks for the next piece. */
const COMMAND = `
const transfer = flow.get("transfer");
const { socket, text, data, offset, total } = transfer;
transfer.buffer = Buffer.alloc(0);
transfer.prompted = false;
if (total > 0) return { payload: "AT+USORD=" + socket + ",1024\\r" };
const piece = data.subarray(offset, offset + 1024);
const command = "AT+USOWR=" + socket + "," + piece.length;
return { payload: command + (text ? ',"' + piece.toString() + '"\\r' : "\\r") };
`;

/** Outputs: the next command, the data for a prompt, the end. */
const ANSWER = `
const transfer = flow.get("transfer");
if (!transfer) return null;
transfer.buffer = Buffer.concat([transfer.buffer, msg.payload]);
const { buffer, data, offset, total, parts } = transfer;
const answer = buffer.toString("latin1");
if (answer.includes("ERROR\\r\\n") && total === 0) {
  node.error("the modem refused", transfer.msg);
  return null;
}
if (total > 0) {
  const head = /\\+USORD: \\d+,(\\d+)(,")?/.exec(answer);
  if (!head) return null;
  const start = head.index + head[0].length;
  const length = head[2] ? Number(head[1]) : 0;
  if (!answer.slice(start + length).includes("OK\\r\\n")) return null;
  const now = Date.now();
  if (length > 0) parts.push(Buffer.from(buffer.subarray(start, start + length)));
  if (transfer.first === undefined) transfer.first = now;
  transfer.read = (transfer.read || 0) + length;
  if (transfer.read < total) return [msg, null, null];
  const { msg: request } = transfer;
  request.headers = { "content-type": "application/octet-stream", "x-ms": now - transfer.first, "x-first": parts[0].length };
  request.payload = Buffer.concat(parts);
  flow.set("transfer", undefined);
  return [null, null, request];
}
const piece = data.subarray(offset, offset + 1024);
if (!transfer.text && !transfer.prompted) {
  if (!answer.endsWith("@")) return null;
  transfer.prompted = true;
  transfer.buffer = Buffer.alloc(0);
  return [null, { payload: piece }, null];
}
if (!answer.includes("OK\\r\\n")) return null;
transfer.offset += piece.length;
if (transfer.offset < data.length) return [msg, null, null];
const { msg: request } = transfer;
request.payload = "sent";
flow.set("transfer", undefined);
return [null, null, request];
`;

const functionNode = (func: string, outputs: number): object => ({
  func,
  outputs,
  timeout: 0,
  noerr: 0,
  initialize: "",
  finalize: "",
  libs: [],
});

const delayNode = (ms: number): object => ({
  pauseType: "delay",
  timeout: String(ms),
  timeoutUnits: "milliseconds",
  rate: "1",
  nbRateUnits: "1",
  rateUnits: "second",
  randomFirst: "1",
  randomLast: "5",
  randomUnits: "seconds",
  drop: false,
  allowrate: false,
  outputs: 1,
});

const serialPort = (path: string, baud: number): object => ({
  serialport: path,
  serialbaud: String(baud),
  databits: 8,
  parity: "none",
  stopbits: 1,
  waitfor: "",
  dtr: "none",
  rts: "none",
  cts: "none",
  dsr: "none",
  newline: String(SILENCE),
  bin: "bin",
  out: "interbyte",
  addchar: "",
  responsetimeout: "10000",
});

/** @param name its address below the HTTP root */
export function naiveFlow(name: string, path: string, baud: number): object[] {
  const node = (type: string, id: string, wires: string[][], more: object): object => {
    return { id, type, z: "naive", name: id, wires, x: 100, y: 100, ...more };
  };
  const serial = { serial: "port" };
  return [
    { id: "naive", type: "tab", label: name },
    { id: "port", type: "serial-port", name, ...serialPort(path, baud) },
    node("http in", "request", [["begin"]], { url: `/${name}`, method: "post", upload: false, swaggerDoc: "" }),
    node("function", "begin", [["command"]], functionNode(BEGIN, 1)),
    node("function", "command", [["out"]], functionNode(COMMAND, 1)),
    node("serial out", "out", [], serial),
    node("serial in", "in", [["answer"]], serial),
    node("function", "answer", [["gap"], ["settle"], ["response"]], functionNode(ANSWER, 3)),
    node("delay", "gap", [["command"]], delayNode(20)),
    node("delay", "settle", [["out"]], delayNode(50)),
    node("http response", "response", [], { statusCode: "", headers: {} }),
  ];
}
