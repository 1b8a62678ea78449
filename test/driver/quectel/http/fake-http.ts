import type { Peer, Print } from "../../peer";

/** What the server that the fake modem talks to answers. */
export interface FakeAnswer {
  /** Head and body. */
  readonly response: Uint8Array | string;
  /** What the result URC says behind the error number; left out: status 200 and no length. */
  readonly outcome?: string;
  /** A final result in place of OK, and no result URC: the response broke off. */
  readonly readError?: number;
}

/** What arrived at the fake modem's HTTP client. */
export interface FakeHttp {
  answer: FakeAnswer;
  readonly settings: Map<string, string>;
  url: string;
  body: Buffer;
}

/** The HTTP commands of guide chapter 2 with one server behind them. */
export function addHttp(peer: Peer, files: Map<string, Buffer>): FakeHttp {
  const http: FakeHttp = {
    answer: { response: "HTTP/1.1 200 OK\r\n\r\n" },
    settings: new Map(),
    url: "",
    body: Buffer.alloc(0),
  };
  const result = (name: string, print: Print): void => {
    print.line("OK");
    print.line(`${name}: ${http.answer.outcome ?? "0,200"}`);
  };
  peer
    .on(/^AT\+QHTTPCFG="(\w+)",(\d+)$/, ([, name = "", value = ""], print) => {
      http.settings.set(name, value);
      print.line("OK");
    })
    .on(/^AT\+QHTTPURL=(\d+),\d+$/, async ([, length], print) => {
      http.url = (await print.take(Number(length))).toString("latin1");
      print.line("OK");
    })
    .on(/^AT\+QHTTPGET=\d+$/, (_match, print) => result("+QHTTPGET", print))
    .on(/^AT\+QHTTPGET=\d+,(\d+),\d+$/, async ([, length], print) => {
      http.body = await print.take(Number(length));
      result("+QHTTPGET", print);
    })
    .on(/^AT\+QHTTPPOST=(\d+),\d+,\d+$/, async ([, length], print) => {
      http.body = await print.take(Number(length));
      result("+QHTTPPOST", print);
    })
    .on(/^AT\+QHTTPPOSTFILE="(.*)",\d+$/, ([, name = ""], print) => {
      http.body = files.get(name) ?? Buffer.alloc(0);
      result("+QHTTPPOSTFILE", print);
    })
    .on(/^AT\+QHTTPREAD=\d+$/, (_match, print) => {
      print.line("CONNECT");
      print.raw(http.answer.response);
      if (http.answer.readError !== undefined) return print.line(`+CME ERROR: ${http.answer.readError}`);
      print.line("OK");
      print.line("+QHTTPREAD: 0");
    })
    .on(/^AT\+QHTTPREADFILE="(.*)",\d+$/, ([, name = ""], print) => {
      const { response, readError = 0 } = http.answer;
      files.set(name, Buffer.from(typeof response === "string" ? Buffer.from(response, "latin1") : response));
      print.line("OK");
      print.line(`+QHTTPREADFILE: ${readError}`);
    });
  return http;
}
