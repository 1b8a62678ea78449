import type { Peer } from "../peer";

export interface Served {
  /** The response file as the module stores it. */
  readonly content: Buffer | string;
  /** The URC's result (1). */
  readonly result?: 0 | 1;
}

/** Gives a peer the module's file system and HTTP client; `serve` stands for the server. */
export function addHttpClient(peer: Peer, serve: (request: HttpCall) => Served | undefined): Map<string, Buffer> {
  const files = addFiles(peer);
  peer.on(/^AT\+UHTTP=/, ["OK"]);
  peer.on(/^AT\+UHTTPER=(\d)$/, ([, profile]) => [`+UHTTPER: ${profile},0,0`, "OK"]);
  peer.on(/^AT\+UHTTPC=(\d),(\d),"([^"]*)","([^"]*)"(.*)$/, ([, profile, command, path = "", file = "", rest = ""]) => {
    const served = serve({ profile: Number(profile), command: Number(command), path, file, rest });
    if (served === undefined) return ["OK"];
    const { content, result = 1 } = served;
    if (result === 1) files.set(file, Buffer.from(content));
    setImmediate(() => peer.urc(`+UUHTTPCR: ${profile},${command},${result}`));
    return ["OK"];
  });
  return files;
}

export interface HttpCall {
  readonly profile: number;
  readonly command: number;
  readonly path: string;
  readonly file: string;
  readonly rest: string;
}

/** The module's file commands over a map of files. */
export function addFiles(peer: Peer, files = new Map<string, Buffer>()): Map<string, Buffer> {
  const missing = ["+CME ERROR: file not found"];
  peer.on(/^AT\+ULSTFILE=0$/, () => [`+ULSTFILE: ${[...files.keys()].map((name) => `"${name}"`).join(",")}`, "OK"]);
  peer.on(/^AT\+ULSTFILE=1$/, ["+ULSTFILE: 4096", "OK"]);
  peer.on(/^AT\+ULSTFILE=2,"(.*)"$/, ([, name = ""]) => {
    const file = files.get(name);
    return file === undefined ? missing : [`+ULSTFILE: ${file.length}`, "OK"];
  });
  peer.on(/^AT\+URDBLOCK="(.*)",(\d+),(\d+)$/, ([, name = "", offset, length]) => {
    const block = files.get(name)?.subarray(Number(offset), Number(offset) + Number(length));
    if (block === undefined) return missing;
    return [`+URDBLOCK: "${name}",${block.length},"${block.toString("latin1")}"`, "OK"];
  });
  peer.on(/^AT\+UDELFILE="(.*)"$/, ([, name = ""]) => (files.delete(name) ? ["OK"] : missing));
  peer.on(/^AT\+UDWNFILE="(.*)",(\d+)$/, ([, name = "", size]) => {
    if (files.has(name)) return ["+CME ERROR: FILE ALREADY PRESENT"];
    return {
      prompt: ">",
      bytes: Number(size),
      finish: (data) => {
        files.set(name, Buffer.from(data));
        return ["OK"];
      },
    };
  });
  return files;
}
