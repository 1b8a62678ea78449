/**
 * Parser throughput beside `@serialport/parser-readline` on the same bytes: answers, URCs and 1 kB payloads as in a day of
 * traffic, in reads of the size that a serial port gives. The two don't do the same work: readline cuts lines (and payloads
 * with them) and decodes UTF-8, the parser classifies them as well.
 */
import { ReadlineParser } from "@serialport/parser-readline";
import { Parser } from "../driver/at/parser/parser";
import type { BenchRow } from "./row";

const ROUNDS = 2000;
const READ_SIZE = 1024;
const REPEATS = 7;
const MEGABYTE = 1e6;

/** Payload of all byte values, with what would mislead a reader of lines. */
const PAYLOAD = Buffer.concat([
  Buffer.from(Array.from({ length: 1000 }, (_, index) => (index * 7) & 0xff)),
  Buffer.from('\r\nOK\r\n"+UUSORD: 0,1\r\n\r\n', "latin1"),
]);

const EXCHANGES = [
  { line: "AT+CSQ", answer: "+CSQ: 17,99" },
  { line: "AT+CEREG?", answer: '+CEREG: 2,1,"4A1F","01B2C3D4",7' },
  { line: "AT+COPS?", answer: '+COPS: 0,0,"Operator, Inc.",7' },
  {
    line: "AT+CGCONTRDP=1",
    answer: '+CGCONTRDP: 1,5,"internet.apn","10.1.2.3.255.255.255.0","10.1.2.1","8.8.8.8","8.8.4.4"',
  },
  { line: "AT+USOCTL=0,11", answer: "+USOCTL: 0,11,0" },
];

function traffic(): Buffer {
  const parts = EXCHANGES.flatMap(({ line, answer }) => [
    Buffer.from(`${line}\r\r\n${answer}\r\n\r\nOK\r\n\r\n+UUSORD: 0,${PAYLOAD.length}\r\n`, "latin1"),
  ]);
  const read = [`AT+USORD=0,1024\r\r\n+USORD: 0,${PAYLOAD.length},"`, '"\r\n\r\nOK\r\n'];
  const payload = [Buffer.from(read[0] ?? "", "latin1"), PAYLOAD, Buffer.from(read[1] ?? "", "latin1")];
  return Buffer.concat(Array.from({ length: ROUNDS }, () => Buffer.concat([...parts, ...payload])));
}

function reads(bytes: Buffer): Buffer[] {
  const count = Math.ceil(bytes.length / READ_SIZE);
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * READ_SIZE, (index + 1) * READ_SIZE));
}

/** Returns the number of final results, as a proof that the work was done. */
function parse(chunks: readonly Buffer[]): number {
  const parser = new Parser();
  parser.useGrammar(
    [{ prefix: "+USORD:", strings: [{ field: 2, length: 1 }] }],
    [{ prefix: "+UUSORD:" }, { prefix: "+CEREG:" }, { prefix: "+CSCON:" }],
  );
  const lines = [...EXCHANGES.map(({ line }) => line), "AT+USORD=0,1024"];
  let finals = 0;
  const begin = (): void => {
    const line = lines[finals % lines.length] ?? "";
    parser.begin({ line, expects: [{ prefix: `${line.slice(2).replace(/[=?].*/, "")}:` }] });
  };
  begin();
  for (const chunk of chunks) {
    parser.push(chunk, (token) => {
      if (token.type !== "final") return;
      finals += 1;
      begin();
    });
  }
  return finals;
}

function readline(chunks: readonly Buffer[]): Promise<number> {
  const parser = new ReadlineParser({ delimiter: "\r\n" });
  let lines = 0;
  parser.on("data", () => {
    lines += 1;
  });
  const ended = new Promise<number>((resolve) => parser.on("end", () => resolve(lines)));
  for (const chunk of chunks) parser.write(chunk);
  parser.end();
  return ended;
}

/** MB/s of the best of several runs: the others were disturbed. */
async function rate(size: number, work: () => unknown): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    const start = performance.now();
    await work();
    best = Math.min(best, performance.now() - start);
  }
  return size / MEGABYTE / (best / 1000);
}

export async function run(): Promise<BenchRow[]> {
  const bytes = traffic();
  const chunks = reads(bytes);
  const finals = parse(chunks);
  const expected = ROUNDS * (EXCHANGES.length + 1);
  if (finals !== expected) throw new Error(`the parser found ${finals} final results of ${expected}`);
  const ours = await rate(bytes.length, () => parse(chunks));
  const theirs = await rate(bytes.length, () => readline(chunks));
  return [
    { name: "AT parser", value: ours, unit: "MB/s" },
    { name: "@serialport/parser-readline on the same bytes", value: theirs, unit: "MB/s" },
  ];
}
