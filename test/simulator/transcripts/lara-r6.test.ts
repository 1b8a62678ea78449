import { describe, expect } from "vitest";
import { openBench } from "./bench";
import { type HttpPeer, startHttpBin } from "./httpbin";
import { mqttNeeds, mqttSettings, playBroker } from "./lara-r6-mqtt";
import { mqttSnNeeds, mqttSnSettings } from "./lara-r6-mqtt-sn";
import { securityNeeds, securitySettings } from "./lara-r6-security";
import { playPeer, socketNeeds, socketSettings } from "./lara-r6-sockets";
import { type Bench, command, replayAll, type Setting } from "./replay";

/** The operator's network of 2.3.1. */
const OPERATOR = "operator=I TIM";
/** The names that the guide looks up and pings are on loopback here. */
const NAMES = ["route=www.google.com:*=127.0.0.1:*", "route=httpbin.org:*=127.0.0.1:*"];

const bench = (...options: string[]) => openBench("LARA-R6", [...NAMES, ...options]);

interface WebBench extends Bench {
  readonly web: HttpPeer;
}

/** httpbin.org, on its port 80, is a server of this test. */
async function webBench(): Promise<WebBench> {
  const web = await startHttpBin();
  const opened = await bench(`route=httpbin.org:80=127.0.0.1:${web.port}`);
  const stop = async () => {
    await opened.stop();
    await web.stop();
  };
  return { ...opened, web, stop };
}

async function connected(opened: Bench): Promise<void> {
  await command(opened, "AT+CGACT=1,1");
}

async function nothing(): Promise<void> {}

const settings: Record<string, Setting> = {
  "2.3.1-register-lte": { bench: () => bench(OPERATOR, "pdp-type=IP") },
  "2.3.1-register-2g-3g": { bench: () => bench(OPERATOR, "pdp-type=IP", "technology=2") },
  "2.3.1-not-registered": { before: async (opened) => void (await command(opened, "AT+COPS=2")) },
  "10.1-requests": {
    bench: webBench,
    // The example maps the profile to context 2 and prefers IPv6.
    before: async (opened) => {
      await command(opened, 'AT+CGDCONT=2,"IPV4V6","apn_name"');
      await command(opened, "AT+CGACT=1,2");
    },
    after: async (opened) => {
      const files = await command(opened, "AT+ULSTFILE");
      for (const file of ["head.fff", "get.fff", "post.fff", "get_auth.fff"]) expect(files).toContain(file);
      expect(await command(opened, 'AT+URDFILE="get_auth.fff"')).toContain('{"authenticated":true,"user":"test_user"}');
      expect(requests(opened)).toEqual([
        "HEAD / ",
        "GET / ",
        "POST /post name_post=MyName&age_post=30",
        "GET /basic-auth/test_user/P455w0rd ",
      ]);
    },
  },
  "10.2-post-file": {
    bench: webBench,
    after: async (opened) => expect(requests(opened)).toEqual(["POST /post hello world"]),
  },
  "10.3-last-error": { bench: webBench },
  "10.4-port-rule": {
    after: async (opened) => expect(await command(opened, "AT+UHTTP=0,5")).toContain("+UHTTP: 0,5,9000"),
  },
};

function requests(opened: Bench): string[] {
  return (opened as WebBench).web.seen.map(({ method, path, body }) => `${method} ${path} ${body.toString()}`);
}

describe("LARA-R6 answers as the application guide prints it", () => {
  replayAll({
    file: "lara-r6.json",
    sections: /^(2|3|5|6|7|10)(\.|$)/,
    bench,
    needs: {
      "module on": nothing,
      "ps-data": connected,
      "HTTP profile 0 at factory settings": nothing,
      ...securityNeeds,
      ...socketNeeds,
      ...mqttNeeds,
      ...mqttSnNeeds,
      "registered on T-Mobile US": nothing,
      "AT+CGDCONT? shows that the network chose IPV6": async (opened) => {
        expect(await command(opened, "AT+CGDCONT?")).toContain('"IPV6"');
      },
    },
    peer: (step, opened) => (step.event === "silence" ? playBroker(opened) : playPeer(step, opened)),
    settings: {
      ...settings,
      ...securitySettings,
      ...socketSettings,
      ...mqttSettings,
      ...mqttSnSettings,
      "2.5-xlat": { bench: () => bench("pdp-type=IPV6") },
    },
  });
});
