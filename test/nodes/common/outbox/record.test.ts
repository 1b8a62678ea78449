import { expect, it } from "vitest";
import { decodeRecord, encodeRecord } from "../../../../nodes/common/outbox/record";

const lineOf = (record: unknown): Buffer => encodeRecord(record).subarray(0, -1);

it.each([{ id: 1, item: "text" }, null, "ü€😀\n\0", [1, { a: [] }], 0])("brings back %j", (record) => {
  expect(decodeRecord(lineOf(record))).toEqual({ record });
});

it("writes a line of JSON with the usual CRC-32 of the record", () => {
  // The check value of CRC-32: of the nine digits alone it is cbf43926.
  expect(encodeRecord(123456789).toString()).toBe('{"crc":"cbf43926","record":123456789}\n');
  expect(JSON.parse(lineOf({ id: 7 }).toString())).toEqual({ crc: expect.any(String), record: { id: 7 } });
});

it("finds every flipped bit and every cut", () => {
  const line = lineOf({ id: 1, item: "a message" });
  for (let index = 0; index < line.length; index += 1) {
    expect(decodeRecord(line.subarray(0, index)), `cut at ${index}`).toBeUndefined();
    for (let bit = 0; bit < 8; bit += 1) {
      const flipped = Buffer.from(line);
      flipped.writeUInt8(line.readUInt8(index) ^ (1 << bit), index);
      expect(decodeRecord(flipped), `bit ${bit} of byte ${index}`).toBeUndefined();
    }
  }
});
