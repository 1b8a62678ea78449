import { expect, it } from "vitest";
import { ModemError } from "../../../driver/errors";
import { StatusDisplay } from "../../../nodes/common/status";

it("a node without a modem says so, whatever its messages fail of", () => {
  const shown: { text?: string }[] = [];
  const node = { status: (status: object) => shown.push(status) };
  const status = new StatusDisplay({ _: (key: string) => key } as never, node as never);
  status.withoutModem();
  status.failed(new ModemError("INVALID_INPUT", "No modem is selected"));
  expect(shown).toEqual([{ fill: "red", shape: "ring", text: expect.stringContaining("status.noModem") }]);
  status.detach();
  expect(shown.at(-1)).toEqual({});
});
