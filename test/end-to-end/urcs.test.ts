import helper from "node-red-node-test-helper";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { deploy, Inbox, useNodeRed } from "../nodes/support/flow";
import { TestServer } from "../nodes/support/http-server";
import { seed } from "../support/random";
import { Wire } from "./wire";

const BODY = Buffer.concat([
  Buffer.from('"quoted"\r\nOK\r\n\r\n+UUHTTPCR: 0,1,1\r\n+QHTTPREAD: 0\r\nCONNECT\r\n+CME ERROR: 3\r\nERROR\r\n'),
  Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
  Buffer.from("\r\nOK\r\n"),
]);
const server = new TestServer((_request, response) => response.end(BODY));

useNodeRed();
beforeAll(() => server.start());
afterAll(() => server.stop());

/** What a modem may print at any time while nothing is wrong with it. */
const COMMON = [
  '+CEREG: 1,"04D2","01A2D001",7',
  "+CSCON: 0",
  "+UUSORD: 0,16",
  '+WHATISTHIS: 1,"a,b",,2',
  "+CSCON: 1",
  "+CEREG: 1",
];
const URCS: Readonly<Record<string, readonly string[]>> = {
  "LARA-R6": [...COMMON, "+UUSORF: 3,1", "+UUHTTPCR: 3,5,0"],
  BG96: [...COMMON, '+QIURC: "recv",0', '+QIND: "csq",20,99', '+QIURC: "dnsgip",0,1,600'],
};

let draws = seed;
/** 1 … 9, the same for the same seed. */
const randomCut = (): number => {
  draws = (Math.imul(draws, 1_103_515_245) + 12_345) >>> 0;
  return 1 + ((draws >>> 16) % 9);
};
const CUTS: readonly [string, (() => number) | undefined][] = [
  ["whole", undefined],
  ["one at a time", () => 1],
  [`cut at random (seed ${seed})`, randomCut],
];

const print = (lines: readonly string[]): string => lines.map((line) => `\r\n${line}\r\n`).join("");

const wires: Wire[] = [];
afterEach(async () => {
  // Node-RED first: the port of a modem that is still in use would be opened again.
  await helper.unload();
  for (const wire of wires.splice(0)) await wire.stop();
});

let number = 0;

async function wired(model: string, echo: "on" | "off", cut: (() => number) | undefined): Promise<Wire> {
  number += 1;
  const modem = `sim:${model}?route=server.example:80=127.0.0.1:${server.port}&name=urcs-${number}`;
  const wire = await Wire.start({ modem, echo, ...(cut === undefined ? {} : { cut }) });
  wires.push(wire);
  return wire;
}

interface Flow {
  readonly wire: Wire;
  /** Fetches the page; rejects when it is wrong or fails. */
  get(): Promise<void>;
}

/** One flow for each wire, all side by side, since a modem spends most of its time waiting. */
async function flows(lines: readonly Wire[]): Promise<Flow[]> {
  await deploy([
    ...lines.flatMap(({ port }, index) => [
      { id: `m${index}`, type: "modem", port, apn: "internet" },
      {
        id: `n${index}`,
        type: "modem-http",
        modem: `m${index}`,
        url: "server.example/",
        ret: "bin",
        wires: [[`out${index}`]],
      },
      { id: `out${index}`, type: "helper" },
    ]),
    { id: "catch", type: "catch", scope: null, wires: [["errors"]] },
    { id: "errors", type: "helper" },
  ]);
  const errors = new Inbox("errors");
  return lines.map((wire, index) => {
    const out = new Inbox(`out${index}`);
    const failed = errors.until(({ error }) => error?.source.id === `n${index}` || error?.source.id === `m${index}`);
    const failure = failed.then(({ error }) => {
      throw new Error(`${wire.port}: ${JSON.stringify(error)}`);
    });
    failure.catch(() => {});
    return {
      wire,
      async get(): Promise<void> {
        helper.getNode(`n${index}`).receive({});
        const answer = await Promise.race([out.next(), failure]);
        expect(answer).toMatchObject({ statusCode: 200 });
        expect((answer.payload as Buffer).toString("latin1")).toBe(BODY.toString("latin1"));
      },
    };
  });
}

/** A GET is four commands at least on any modem, two of them answered by a result that comes later. */
const FEWEST_BORDERS = 6;

/** Makes requests with every kind of line at one border, at each border in turn. @returns how many */
async function atEachBorder({ wire, get }: Flow, urcs: readonly string[]): Promise<number> {
  await get();
  for (let chosen = 0; ; chosen += 1) {
    const first = chosen % urcs.length;
    wire.count((border) => (border === chosen ? print([...urcs.slice(first), ...urcs.slice(0, first)]) : undefined));
    await get();
    if (wire.counted <= chosen) return chosen + 2;
  }
}

const variants = CUTS.flatMap(([name, cut]) => (["on", "off"] as const).map((echo) => [echo, name, cut] as const));

describe.each(["LARA-R6", "BG96"])("a GET on a %s", (model) => {
  const urcs = URCS[model] ?? [];

  it("is right when unsolicited lines fall between any two lines, whole or byte by byte, with echo or without", async () => {
    const lines = await Promise.all(variants.map(([echo, , cut]) => wired(model, echo, cut)));
    server.seen.length = 0;
    const requests = await Promise.all((await flows(lines)).map((flow) => atEachBorder(flow, urcs)));
    expect(Math.min(...requests)).toBeGreaterThan(FEWEST_BORDERS);
    // None of them was made again behind the scenes.
    expect(server.seen.length).toBe(requests.reduce((sum, count) => sum + count));
  }, 120_000);

  it.each(variants)(
    "is right when they fall between all lines from the modem's first word on: echo %s, bytes %s",
    async (echo, _name, cut) => {
      const wire = await wired(model, echo, cut);
      let printed = 0;
      wire.count(() => print([urcs[printed++ % urcs.length] ?? ""]));
      const [flow] = await flows([wire]);
      await flow?.get();
      await flow?.get();
      expect(printed).toBeGreaterThan(50);
    },
  );
});
