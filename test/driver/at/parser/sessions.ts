import * as fc from "fast-check";
import type { InFlight } from "../../../../driver/at/parser/line-classifier";
import { bytes } from "./feed";

/** A command, what the modem prints for it, and what that means. */
export interface Scene {
  readonly command: InFlight;
  readonly printed: Buffer;
  readonly answers: readonly string[];
  readonly urcs: readonly string[];
  readonly rest: readonly string[];
}

const FINALS = ["OK", "ERROR", "+CME ERROR: 3", "+CME ERROR: operation not allowed", "+CMS ERROR: 500", "NO CARRIER"];
const UNASKED = ["+CEREG: 5", "+CSCON: 1", "+UUSORD: 0,12", "+UUHTTPCR: 0,1,1", "+UNKNOWN: 7", "NORMAL POWER DOWN"];
/** What a payload must be safe from: every form the parser gives a meaning to. */
const SNIPPETS = [
  "\r\nOK\r\n",
  "\r\nERROR\r\n",
  '"',
  ",",
  "\r\n+UUHTTPCR: 0,1,1\r\n",
  "\r\n> ",
  "\r\n@",
  "CONNECT\r\n",
  "AT+USORD=0,9\r",
  '+USORD: 0,5,"',
  "\0",
  "\xff",
  "\x1a",
  "\x1b",
  "+++",
];

const payload = fc
  .array(fc.oneof(fc.constantFrom(...SNIPPETS).map(bytes), fc.uint8Array({ maxLength: 24 })), { maxLength: 5 })
  .map((parts) => Buffer.concat(parts));
const lineEnd = fc.constantFrom("\r\n", "\r\n\r\n", "\r\r\n", "\n", "\0\r\n");
const unasked = fc.array(fc.constantFrom(...UNASKED), { maxLength: 2 });

/** A command with its answer, without what comes around and in between. */
interface Plot {
  readonly line: string;
  readonly expects?: InFlight["expects"];
  readonly prompt?: InFlight["prompt"];
  readonly download?: InFlight["download"];
  /** The answer in order: lines that end with CR LF, or raw bytes. */
  readonly parts: readonly { readonly line: Buffer; readonly token: string }[];
  readonly raw?: { readonly bytes: Buffer; readonly answers?: readonly string[]; readonly tokens: readonly string[] };
}

/** Without a field that is left open: such a line goes on. */
const informationText = fc.stringMatching(/^[ -~]{0,40}$/).filter((text) => text.split('"').length % 2 === 1);

const information: fc.Arbitrary<Plot> = fc.array(informationText, { maxLength: 3 }).map((texts) => ({
  line: "AT+COPS?",
  expects: [{ prefix: "+COPS:" }],
  parts: texts.map((text) => ({ line: bytes(`+COPS: ${text}`), token: `answer +COPS: ${text}` })),
}));

const counted: fc.Arbitrary<Plot> = payload.map((data) => ({
  line: "AT+USORD=0,64",
  expects: [{ prefix: "+USORD:" }],
  parts: [
    {
      line: Buffer.concat([bytes(`+USORD: 0,${data.length},"`), data, bytes('"')]),
      token: `answer +USORD: 0,${data.length},"" <${data.toString("hex")}>`,
    },
  ],
}));

const countedTwice: fc.Arbitrary<Plot> = fc.tuple(payload, payload).map(([topic, message]) => ({
  line: "AT+UMQTTC=6,1",
  expects: [{ prefix: "+UMQTTC:" }],
  parts: [
    {
      line: Buffer.concat([
        bytes(`+UMQTTC: 6,0,9,${topic.length},"`),
        topic,
        bytes(`",${message.length},"`),
        message,
        bytes('"'),
      ]),
      token: `answer +UMQTTC: 6,0,9,${topic.length},"",${message.length},"" <${topic.toString("hex")}> <${message.toString("hex")}>`,
    },
  ],
}));

const prompted: fc.Arbitrary<Plot> = fc
  .constantFrom([">", ">"], [">", "> "], [">", ">\r\n"], ["@", "@"], ["CONNECT", "CONNECT\r\n"])
  .map(([prompt = ">", printed = ">"]) => ({
    line: "AT+UDWNFILE=1",
    prompt: prompt as ">" | "@" | "CONNECT",
    parts: [],
    raw: { bytes: bytes(printed), tokens: [`prompt ${prompt}`] },
  }));

const downloaded: fc.Arbitrary<Plot> = fc
  .tuple(payload, fc.constantFrom("number", "announced", "found"))
  .map(([data, way]) => ({
    line: "AT+QFREAD=1",
    download: {
      length:
        way === "number"
          ? data.length
          : way === "announced"
            ? "announced"
            : (received: Buffer) => (received.length < Math.min(2, data.length) ? undefined : data.length),
    },
    parts: [],
    raw: {
      bytes: Buffer.concat([bytes(way === "announced" ? `CONNECT ${data.length}\r\n` : "CONNECT\r\n"), data]),
      tokens: ["prompt CONNECT", ...(data.length > 0 ? [`data ${data.toString("hex")}`] : [])],
    },
  }));

const downloadedBehindLine: fc.Arbitrary<Plot> = fc
  .tuple(payload, fc.constantFrom("", ',"10.0.0.1",7'))
  .map(([data, more]) => ({
    line: "AT+QIRD=1,1500",
    download: { after: "+QIRD:", length: "announced" },
    parts: [],
    raw: {
      bytes: Buffer.concat([bytes(`+QIRD: ${data.length}${more}\r\n`), data, bytes("\r\n")]),
      answers: [`answer +QIRD: ${data.length}${more}`],
      tokens: data.length > 0 ? [`data ${data.toString("hex")}`] : [],
    },
  }));

const surroundings = fc.record({
  echo: fc.constantFrom("", "\r", "\r\n", "\r\r\n"),
  end: lineEnd,
  before: unasked,
  between: unasked,
  after: unasked,
  final: fc.constantFrom(...FINALS),
});

/** One command and everything that comes while it is in flight, and right behind it. */
const scene: fc.Arbitrary<Scene> = fc
  .tuple(fc.oneof(information, counted, countedTwice, prompted, downloaded, downloadedBehindLine), surroundings)
  .map(([plot, { echo, end, before, between, after, final }]) => {
    const print = (text: string): Buffer => bytes(`${end}${text}${end}`);
    const echoed = echo === "" ? [] : [bytes(`${plot.line}${echo}`)];
    const lines = plot.parts.flatMap(({ line }) => [...between.map(print), bytes(end), line, bytes(end)]);
    const raw = plot.raw === undefined ? [] : [bytes(end), plot.raw.bytes];
    return {
      command: { line: plot.line, expects: plot.expects ?? [], prompt: plot.prompt, download: plot.download },
      printed: Buffer.concat([...before.map(print), ...echoed, ...lines, ...raw, print(final), ...after.map(print)]),
      answers: [...plot.parts.map(({ token }) => token), ...(plot.raw?.answers ?? [])],
      urcs: [...before, ...plot.parts.flatMap(() => between), ...after].map((text) => `urc ${text}`),
      rest: [...(echo === "" ? [] : [`echo ${plot.line}`]), ...(plot.raw?.tokens ?? []), `final ${final}`],
    };
  });

export const session: fc.Arbitrary<readonly Scene[]> = fc.array(scene, { minLength: 1, maxLength: 4 });
