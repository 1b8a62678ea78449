import type { TlsOptions } from "node:tls";
import { openBench } from "./bench";
import { pem, type WireAnswer, type WireRequest, type WireServer, wireServer } from "./bg96-servers";
import { type Bench, command } from "./replay";

export const ORDER = "Message=1111&Appleqty=2222&Orangeqty=3333&find=1";
export const GREETING = "Message=HelloQuectel";
export const HELLO = "hello, BG96";

/** The answers that the manual's examples print, by what was asked. */
export const ECHO_BODY =
  '<?xml version="1.0" encoding="utf-8"?>\r\n<string xmlns="https://api.efxnow.com/webservices2.3">' +
  "Message='HelloQuectel' ASCII:72 101 108 108 111 81 117 101 99 116 101 108 </string>";
export const ORDER_BODY =
  "<html>\r\n<head>\r\n<title>Quectel's Auto Parts - Order Results</title>\r\n</head>\r\n<body>\r\n" +
  "<h1>Quectel's Auto Parts</h1>\r\n<h2>Order Results</h2><p>Order processed at 02:49, 27th December</p>" +
  "<p>Your order is as follows: </p>1111 message<br />2222 apple<br />3333 orange<br /></body>\r\n</html>";

const ANSWERS: Readonly<Record<string, (request: WireRequest) => WireAnswer>> = {
  "GET / www.sina.com.cn": () => ok(SINA_FIELDS, "x".repeat(547256)),
  "GET / www.alipay.com": () => ok(ALIPAY_FIELDS, "y".repeat(21472)),
  "POST /DEMOWebServices2.8/Service.asmx/Echo? api.efxnow.com": ({ body }) =>
    ok([], body === GREETING ? ECHO_BODY : ""),
  "POST /processorder.php 220.180.239.212:8011": ({ body }) => ok([], body === ORDER ? ORDER_BODY : ""),
  "/length": () => ok([], HELLO),
  "/no-length": () => ({ bytes: `HTTP/1.1 200 OK\r\n\r\n${HELLO}`, closes: true }),
  "/no-answer": () => ({ bytes: "", closes: true }),
  "/stops": () => ({ bytes: `HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n${HELLO}` }),
};

export const SINA_FIELDS = [
  "Content-Type: text/html",
  "Vary: Accept-Encoding",
  "X-Powered-By: shci_v1.03",
  "Server: nginx",
  "Date: Fri, 27 Dec 2013 02:21:43 GMT",
  "Last-Modified: Fri, 27 Dec 2013 02:20:01 GMT",
  "Expires: Fri, 27 Dec 2013 02:22:43 GMT",
  "Cache-Control: max-age=60",
  "Age: 1",
  "Content-Length: #",
  "X-Cache: HIT from xd33-85.sina.com.cn",
];
const ALIPAY_FIELDS = [
  "Server: nginx/1.2.7",
  "Date: Fri, 27 Dec 2013 02:38:27 GMT",
  "Content-Type: text/html; charset=GB18030",
  "Content-Length: #",
  "Connection: keep-alive",
];

export function ok(fields: readonly string[], body: string): WireAnswer {
  const lines = fields.length === 0 ? ["Content-Length: #"] : fields;
  const head = lines.map((line) => line.replace("#", String(body.length))).join("\r\n");
  return { bytes: `HTTP/1.1 200 OK\r\n${head}\r\n\r\n${body}` };
}

function answer(request: WireRequest): WireAnswer {
  const [method = "", path = ""] = request.head.split(" ");
  const host = /^host: (.*)$/im.exec(request.head)?.[1]?.trim() ?? "";
  const found = ANSWERS[`${method} ${path} ${host}`] ?? ANSWERS[path];
  return found?.(request) ?? { bytes: "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n" };
}

export interface WebBench extends Bench {
  readonly web: WireServer;
  readonly secureWeb: WireServer;
}

/** The examples ask for TLS 1.0, which a server of these days has at its lowest security level only. */
const TLS_1_0: TlsOptions = {
  cert: pem("server.cert"),
  key: pem("server.key"),
  minVersion: "TLSv1",
  ciphers: "DEFAULT:@SECLEVEL=0",
};
/** Lets nobody in without a certificate of its authority. */
export const DEMANDING: TlsOptions = { ...TLS_1_0, ca: pem("ca.cert"), requestCert: true };

/** A modem that prints error numbers, as the examples do, and the servers of the examples. */
export async function bench(...options: string[]): Promise<WebBench> {
  return benchWith(TLS_1_0, options);
}

export async function benchWith(secure: TlsOptions, options: readonly string[] = []): Promise<WebBench> {
  const web = await wireServer(answer);
  const secureWeb = await wireServer(answer, secure);
  const plain = ["www.sina.com.cn", "api.efxnow.com", "web.test"];
  const opened = await openBench("BG96", [
    ...plain.map((name) => `route=${name}:80=127.0.0.1:${web.port}`),
    `route=www.alipay.com:443=127.0.0.1:${secureWeb.port}`,
    `route=220.180.239.212:8011=127.0.0.1:${secureWeb.port}`,
    ...options,
  ]);
  await command(opened, "AT+CMEE=1");
  const stop = async () => {
    await opened.stop();
    await web.stop();
    await secureWeb.stop();
  };
  return { ...opened, web, secureWeb, stop };
}
