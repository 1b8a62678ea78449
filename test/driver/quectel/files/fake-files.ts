import type { Peer } from "../../peer";

/** The file commands of BG96 over a Map (AT facts 4). */
export function addFiles(peer: Peer, files: Map<string, Buffer>, freeBytes = 1_000_000): void {
  const open = new Map<number, { name: string; at: number }>();
  const content = (name: string): Buffer => files.get(name) ?? Buffer.alloc(0);
  peer
    .on(/^AT\+QFLDS="UFS"$/, [`+QFLDS: ${freeBytes},${freeBytes}`, "OK"])
    .on(/^AT\+QFLST="(.*)"$/, ([, pattern = ""], print) => {
      const names = [...files.keys()].filter((name) => pattern === "*" || pattern === name);
      for (const name of names) print.line(`+QFLST: "${name}",${content(name).length}`);
      print.line(names.length === 0 && pattern !== "*" ? "+CME ERROR: 405" : "OK");
    })
    .on(/^AT\+QFDEL="(.*)"$/, ([, name = ""], print) => print.line(files.delete(name) ? "OK" : "+CME ERROR: 405"))
    .on(/^AT\+QFUPL="(.*)",(\d+),\d+$/, async ([, name = "", size], print) => {
      if (files.has(name)) return print.line("+CME ERROR: 407");
      const data = await print.take(Number(size));
      files.set(name, data);
      print.line(`+QFUPL: ${data.length},${checksum(data)}`);
      print.line("OK");
    })
    .on(/^AT\+QFDWL="(.*)"$/, ([, name = ""], print) => {
      print.line("CONNECT");
      print.raw(content(name));
      print.line(`+QFDWL: ${content(name).length},${checksum(content(name))}`);
      print.line("OK");
    })
    .on(/^AT\+QFOPEN="(.*)",([012])$/, ([, name = "", mode], print) => {
      if (mode === "1") files.set(name, Buffer.alloc(0));
      const handle = 3000 + open.size;
      open.set(handle, { name, at: 0 });
      print.line(`+QFOPEN: ${handle}`);
      print.line("OK");
    })
    .on(/^AT\+QFREAD=(\d+),(\d+)$/, ([, handle, length], print) => {
      const file = open.get(Number(handle));
      if (file === undefined) return print.line("+CME ERROR: 416");
      const data = content(file.name).subarray(file.at, file.at + Number(length));
      file.at += data.length;
      print.line(`CONNECT ${data.length}`);
      print.raw(data);
      print.line("OK");
    })
    .on(/^AT\+QFWRITE=(\d+),(\d+),\d+$/, async ([, handle, length], print) => {
      const { name } = open.get(Number(handle)) ?? {};
      if (name === undefined) return print.line("+CME ERROR: 416");
      const data = await print.take(Number(length));
      files.set(name, Buffer.concat([content(name), data]));
      print.line(`+QFWRITE: ${data.length},${content(name).length}`);
      print.line("OK");
    })
    .on(/^AT\+QFCLOSE=(\d+)$/, ([, handle], print) =>
      print.line(open.delete(Number(handle)) ? "OK" : "+CME ERROR: 416"),
    );
}

/** Word by word, unlike the driver's. */
function checksum(data: Buffer): string {
  const even = data.length % 2 === 0 ? data : Buffer.concat([data, Buffer.alloc(1)]);
  let sum = 0;
  for (let at = 0; at < even.length; at += 2) sum ^= even.readUInt16BE(at);
  return sum.toString(16);
}
