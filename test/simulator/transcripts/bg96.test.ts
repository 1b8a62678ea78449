import { describe, expect } from "vitest";
import {
  bench,
  benchWith,
  DEMANDING,
  ECHO_BODY,
  GREETING,
  HELLO,
  ORDER,
  ORDER_BODY,
  ok,
  SINA_FIELDS,
  type WebBench,
} from "./bg96-bench";
import { pem } from "./bg96-servers";
import { answerPattern } from "./pattern";
import { type Bench, command, replayAll, type Setting } from "./replay";

/** Sends a command that goes into data mode, and the data. */
async function enter(opened: Bench, line: string, data: string): Promise<void> {
  await opened.client.send(`${line}\r`, opened.commandGap);
  await opened.client.expect(answerPattern(opened.client.echoes ? line : "", ["CONNECT"]));
  await opened.client.send(data, opened.promptGap);
  await opened.client.expect(/^[\s\S]*?\r\nOK\r\n/);
}

const setUrl = (opened: Bench, url: string) => enter(opened, `AT+QHTTPURL=${url.length},80`, url);
const url = (text: string) => (opened: Bench) => setUrl(opened, text);
const upload = (name: string, data: string) => (opened: Bench) =>
  enter(opened, `AT+QFUPL="${name}",${data.length}`, data);
const line = (text: string) => async (opened: Bench) => void (await command(opened, text));

async function activate(opened: Bench): Promise<void> {
  await command(opened, "AT+QIACT=1");
}

async function request(opened: Bench, path: string): Promise<void> {
  await activate(opened);
  await setUrl(opened, `http://web.test${path}`);
  await command(opened, "AT+QHTTPGET=80");
  await opened.client.expect(/^\r\n\+QHTTPGET: 0,200(,\d+)?\r\n/);
}

async function nothing(): Promise<void> {}

/** All needs hold, then these, in order. */
const first =
  (...works: ((opened: Bench) => Promise<void>)[]) =>
  async (opened: Bench) => {
    for (const work of works) await work(opened);
  };

/** The numbers and values that a step prints as `variable` are fixed here: what is expected, is expected exactly. */
const exactly = (...indexes: number[]): Setting["steps"] =>
  Object.fromEntries(indexes.map((index) => [index, { variable: [] }]));

const TIMES = { "<rsptime>": "80", "<input_time>": "80", "<wait_time>": "80", "<timeout>": "80" };
const POSTED = { ...TIMES, "<data_length>": "20", "<post_body>": GREETING };
const REQUEST = "GET /length HTTP/1.1\r\nHost: web.test\r\n\r\n";
const ORDER_URL = "https://220.180.239.212:8011/processorder.php";
const LENGTH = { "<httprspcode>": "200", "<content_length>": String(HELLO.length) };
const FILE = { ...TIMES, "<file_name>": '"body.txt"' };
const ALIPAY_DATA = "HTTP/1.1 200 OK\r\nServer: nginx/1.2.7\r\n";

const certificates = first(
  upload("cacert.pem", pem("ca.cert").toString("latin1")),
  upload("clientcert.pem", pem("client.cert").toString("latin1")),
  upload("clientkey.pem", pem("client.key").toString("latin1")),
);

/** By the server's own word: the version that "sslversion" 1 asks for, and who the modem was. */
function secured(client: string | undefined): (opened: Bench) => Promise<void> {
  return async (opened) => expect((opened as WebBench).secureWeb.handshakes).toEqual([{ protocol: "TLSv1", client }]);
}

const settings: Record<string, Setting> = {
  "1.2.1-post-custom-header": {
    values: { "<httprspcode>": "200", "<content_length>": "285" },
    steps: exactly(3),
    after: async (opened) => {
      const [request] = (opened as WebBench).secureWeb.seen;
      expect(request?.head).toMatch(/^POST \/processorder\.php HTTP\/1\.1\r\nHost: 220\.180\.239\.212:8011\r\n/);
      expect(request?.body).toBe(ORDER);
    },
  },
  "2.1-write-contextid": { values: { "<contextid>": "2" }, after: reads("contextid", 2) },
  "2.1-query-contextid": { values: { "<contextid>": "1" }, steps: exactly(0) },
  "2.1-write-requestheader": { values: { "<request_header>": "1" }, after: reads("requestheader", 1) },
  "2.1-query-requestheader": { values: { "<request_header>": "0" }, steps: exactly(0) },
  "2.1-write-responseheader": { values: { "<response_header>": "1" }, after: reads("responseheader", 1) },
  "2.1-query-responseheader": { values: { "<response_header>": "0" }, steps: exactly(0) },
  "2.1-write-sslctxid": { values: { "<sslctxid>": "5" }, after: first(reads("sslctxid", 5), securesBy(5)) },
  "2.1-query-sslctxid": { values: { "<sslctxid>": "1" }, steps: exactly(0) },
  "2.1-write-error": {
    values: {
      "<contextid>": "17",
      "<request_header>": "2",
      "<response_header>": "2",
      "<sslctxid>": "6",
      "<err>": "730",
    },
    steps: exactly(0, 1, 2, 3),
  },
  "2.2-write": { values: { ...TIMES, "<url_length>": "16", "<url>": "http://web.test/" } },
  "2.2-write-timeout": {
    values: { "<url_length>": "16", "<timeout>": "1", "<url>": "http://web", "<err>": "726" },
    steps: exactly(1),
  },
  "2.2-write-error": { values: { ...TIMES, "<url_length>": "701", "<err>": "730" }, steps: exactly(0) },
  "2.2-read": { values: { "<url>": "http://web.test/length" }, steps: exactly(0) },
  "2.3-get": { values: { ...TIMES, ...LENGTH }, steps: exactly(1) },
  "2.3-get-no-length": {
    before: url("http://web.test/no-length"),
    values: { ...TIMES, ...LENGTH },
    steps: exactly(1),
  },
  "2.3-get-failed": {
    before: url("http://web.test/no-answer"),
    values: { ...TIMES, "<err>": "719" },
    steps: exactly(1),
  },
  "2.3-get-error": { values: { ...TIMES, "<err>": "712" }, steps: exactly(0) },
  "2.3-get-custom-header": {
    values: { ...TIMES, ...LENGTH, "<data_length>": String(REQUEST.length), "<request>": REQUEST },
    steps: exactly(2),
  },
  "2.3-get-custom-header-error": {
    before: first(activate, url("http://web.test:1/")),
    bench: () => bench("route=web.test:1=127.0.0.1:1"),
    values: { ...TIMES, "<data_length>": "100", "<err>": "716" },
    steps: exactly(0),
  },
  "2.4-post": { values: { ...POSTED, ...LENGTH }, steps: exactly(2) },
  "2.4-post-no-length": {
    before: url("http://web.test/no-length"),
    values: { ...POSTED, ...LENGTH },
    steps: exactly(2),
  },
  "2.4-post-failed": {
    before: url("http://web.test/no-answer"),
    values: { ...POSTED, "<err>": "719" },
    steps: exactly(2),
  },
  "2.4-post-input-timeout": {
    values: { ...POSTED, "<data_length>": "21", "<input_time>": "1", "<err>": "726" },
    steps: exactly(1),
  },
  "2.4-post-error": {
    before: first(activate, url("http://web.test:1/")),
    bench: () => bench("route=web.test:1=127.0.0.1:1"),
    values: { ...POSTED, "<err>": "716" },
    steps: exactly(0),
  },
  "2.4-post-custom-header": {
    values: {
      ...TIMES,
      ...LENGTH,
      "<data_length>": "51",
      "<request>": "POST /length HTTP/1.1\r\nContent-Length: 7\r\n\r\na=b&c=d",
    },
    steps: exactly(2),
  },
  "2.5-post-file": { values: { ...FILE, ...LENGTH }, steps: exactly(1) },
  "2.5-post-file-no-length": {
    before: url("http://web.test/no-length"),
    values: { ...FILE, ...LENGTH },
    steps: exactly(1),
  },
  "2.5-post-file-failed": {
    before: url("http://web.test/no-answer"),
    values: { ...FILE, "<err>": "719" },
    steps: exactly(1),
  },
  "2.5-post-file-error": {
    before: first(activate, url("http://web.test/")),
    values: { ...FILE, "<err>": "405" },
    steps: exactly(0),
  },
  "2.6-read": { values: { ...TIMES, "<response>": HELLO, "<err>": "0" }, steps: exactly(2) },
  "2.6-read-timeout": {
    before: (opened) => request(opened, "/stops"),
    values: { "<wait_time>": "1", "<response>": HELLO, "<err>": "722" },
    steps: exactly(1),
  },
  "2.6-read-error": { values: { ...TIMES, "<err>": "705" }, steps: exactly(0) },
  "2.7-read-file": {
    before: (opened) => request(opened, "/length"),
    values: { ...TIMES, "<file_name>": '"answer.txt"', "<err>": "0" },
    steps: exactly(1),
    after: holds("answer.txt", HELLO),
  },
  "2.7-read-file-error": { values: { ...TIMES, "<file_name>": '"answer.txt"', "<err>": "705" }, steps: exactly(0) },
  "3.1.1-get": { steps: exactly(9) },
  "3.1.1-read-solution-1": {},
  "3.1.1-read-solution-2": { after: lists("1.txt", ok(SINA_FIELDS, "x".repeat(547256)).bytes.length) },
  "3.1.2.1-post-serial": { steps: exactly(9) },
  "3.1.2.2-post-file": { steps: exactly(8), after: holds("3.txt", ECHO_BODY) },
  "3.2.1-get": { steps: exactly(13), after: secured(undefined) },
  "3.2.1-read-solution-2": {
    after: async (opened) => expect(await command(opened, 'AT+QFDWL="4.txt"')).toContain(`\r\n${ALIPAY_DATA}`),
  },
  "3.2.2.1-post-serial": {
    bench: () => benchWith(DEMANDING),
    steps: exactly(16),
    after: secured("Test Client"),
  },
  "3.2.2.2-post-file": {
    bench: () => benchWith(DEMANDING),
    steps: exactly(15),
    after: first(holds("6.txt", ORDER_BODY), secured("Test Client")),
  },
  "4.2-pdp-checks": { steps: exactly(0, 2) },
  "4.3-dns-fails": {
    before: first(
      activate,
      url("http://no-such-host.invalid/"),
      line('AT+QIDNSCFG=1,"0.0.0.0"'),
      upload("body.txt", "a"),
    ),
    values: { ...POSTED, ...FILE },
    steps: exactly(0, 1, 2),
  },
  "4.4-data-mode-busy": {
    bench: () => bench("fault=data-mode"),
    values: { ...POSTED, "<url_length>": "16" },
    steps: exactly(0, 1, 2, 3),
  },
  "4.6-read-fails": {
    before: async (opened) => {
      await request(opened, "/stops");
      await (opened as WebBench).web.reset();
    },
    values: { ...TIMES, "<file_name>": '"answer.txt"' },
    steps: exactly(0, 1),
  },
};

/** A request succeeds and fails with what is set in that security context. */
function securesBy(id: number): (opened: Bench) => Promise<void> {
  return first(
    activate,
    upload("cacert.pem", pem("ca.cert").toString("latin1")),
    url("https://www.alipay.com"),
    line(`AT+QSSLCFG="seclevel",${id},1`),
    line("AT+QHTTPGET=80"),
    async ({ client }) => void (await client.expect(/^\r\n\+QHTTPGET: 716\r\n/)),
    line(`AT+QSSLCFG="cacert",${id},"cacert.pem"`),
    line("AT+QHTTPGET=80"),
    async ({ client }) => void (await client.expect(/^\r\n\+QHTTPGET: 0,200,21472\r\n/)),
  );
}

function reads(name: string, value: number): (opened: Bench) => Promise<void> {
  return async (opened) => expect(await command(opened, "AT+QHTTPCFG?")).toContain(`+QHTTPCFG: "${name}",${value}\r\n`);
}

function lists(name: string, size: number): (opened: Bench) => Promise<void> {
  return async (opened) => expect(await command(opened, "AT+QFLST")).toContain(`+QFLST: "${name}",${size}\r\n`);
}

function holds(name: string, content: string): (opened: Bench) => Promise<void> {
  return async (opened) => {
    expect(await command(opened, `AT+QFDWL="${name}"`)).toContain(
      `CONNECT\r\n${content}\r\n+QFDWL: ${content.length},`,
    );
  };
}

const fileForPost = upload("body.txt", GREETING);

describe("BG96 answers as the HTTP(S) manual prints it", () => {
  replayAll({
    file: "bg96.json",
    sections: /./,
    bench,
    needs: {
      "SIM ready": nothing,
      "factory settings": nothing,
      "value out of range": nothing,
      "no GET or POST in progress": nothing,
      "no URL set": nothing,
      "requestheader 0": line('AT+QHTTPCFG="requestheader",0'),
      "requestheader 1": line('AT+QHTTPCFG="requestheader",1'),
      "PDP context active": activate,
      "PDP context 1 active": activate,
      "URL set": url("http://web.test/length"),
      [`URL ${ORDER_URL} set (AT+QHTTPURL)`]: url(ORDER_URL),
      "file holds the body (requestheader 0) or header and body (requestheader 1)": fileForPost,
      "file 2.txt holds the POST body": upload("2.txt", GREETING),
      "file 5.txt holds the POST body": upload("5.txt", ORDER),
      "cacert.pem, clientcert.pem, clientkey.pem uploaded (AT+QFUPL)": certificates,
      "a +QHTTPGET, +QHTTPPOST or +QHTTPPOSTFILE result was received": (opened) => request(opened, "/length"),
      // Scenarios differ in what becomes of the connection then.
      "a result URC was received": nothing,
      "an HTTP(S) command answered ERROR": nothing,
      "AT+QIACT failed": async (opened) => {
        await command(opened, "AT+CGATT=0");
        await expect(command(opened, "AT+QIACT=1")).rejects.toThrow("ERROR");
      },
      "server name invalid, context not active, or DNS server 0.0.0.0": nothing,
      "another port is in data mode": nothing,
    },
    settings,
  });
});
