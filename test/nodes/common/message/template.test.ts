import type { Node } from "node-red";
import { describe, expect, it } from "vitest";
import { renderTemplate } from "../../../../nodes/common/message/template";
import type { Message, Runtime } from "../../../../nodes/common/types";

type Callback = (error: Error | null, value?: unknown) => void;

/** Context stores that answer later, as remote ones do. */
function store(values: Record<string, unknown>) {
  return {
    get: (key: string, name: string | undefined, callback: Callback) =>
      setImmediate(() => {
        if (key === "broken") callback(new Error("the store is gone"));
        else callback(null, values[name === undefined ? key : `${name}/${key}`]);
      }),
  };
}

const RED = {
  util: { evaluateNodeProperty: (name: string) => ({ REGION: "eu", QUOTE: 'a"b' })[name] ?? "" },
} as unknown as Runtime;

const node = {
  context: () => ({
    flow: store({ host: "flow.example", "disk/host": "disk.example" }),
    global: store({ host: "global.example" }),
  }),
} as unknown as Node;

const render = (template: string, message: Message = {}) =>
  renderTemplate(RED, node, { template, field: "url", message });

describe("renderTemplate", () => {
  it("fills in the message, flow, global and env", async () => {
    const text = await render("{{payload.id}} {{flow.host}} {{flow[disk].host}} {{global.host}} {{env.REGION}}", {
      payload: { id: 7 },
    });
    expect(text).toBe("7 flow.example disk.example global.example eu");
  });

  it("never escapes for HTML", async () => {
    expect(await render("{{payload}} {{{payload}}} {{&payload}} {{env.QUOTE}}", { payload: "<a&b>'/=`" })).toBe(
      "<a&b>'/=` <a&b>'/=` <a&b>'/=` a\"b",
    );
  });

  it("looks names up in the message first", async () => {
    expect(await render("{{flow.host}}", { flow: { host: "of the message" } })).toBe("of the message");
  });

  it("finds what is outside from within a section", async () => {
    expect(await render("{{#list}}{{name}}@{{flow.host}} {{/list}}", { list: [{ name: "a" }, { name: "b" }] })).toBe(
      "a@flow.example b@flow.example ",
    );
  });

  it("leaves out what nobody knows", async () => {
    expect(await render("a{{nothing}}{{flow.nothing}}b")).toBe("ab");
  });

  it("does not fill in what came in by a value", async () => {
    expect(await render("{{payload}}", { payload: "{{flow.host}}" })).toBe("{{flow.host}}");
  });

  it("returns a text without tags as it is", async () => {
    expect(await render("http://example.com/}}")).toBe("http://example.com/}}");
  });

  it.each([["{{#open}}"], ["{{/close}}"], ["{{flow.broken}}"], ["{{open"]])(
    "refuses %s, naming the field",
    async (template) => {
      await expect(render(template)).rejects.toMatchObject({
        code: "INVALID_INPUT",
        message: expect.stringMatching(/^url is a template/),
      });
    },
  );
});
