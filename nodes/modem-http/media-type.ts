/** A Content-Type, as far as it decides how an object is written. */
export interface MediaType {
  /** In lower case, without parameters. */
  readonly type: string;
  readonly boundary: string | undefined;
}

/** Characters that are looked at: no modem takes a longer type. */
const MAX_LENGTH = 200;

export function mediaType(text: string): MediaType {
  const [type = "", ...parameters] = text.slice(0, MAX_LENGTH).split(";");
  const pairs = parameters.map((parameter) => parameter.split("=", 2).map((part) => part.trim()));
  const boundary = pairs.find(([name]) => name?.toLowerCase() === "boundary")?.[1];
  return { type: type.trim().toLowerCase(), boundary: boundary?.replace(/^"(.*)"$/, "$1") };
}

/** What files of that name usually hold; the names that flows send most. */
const TYPES: Readonly<Record<string, string>> = {
  avif: "image/avif",
  bin: "application/octet-stream",
  bmp: "image/bmp",
  css: "text/css",
  csv: "text/csv",
  doc: "application/msword",
  gif: "image/gif",
  gz: "application/gzip",
  htm: "text/html",
  html: "text/html",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  json: "application/json",
  log: "text/plain",
  md: "text/markdown",
  mp3: "audio/mpeg",
  mp4: "video/mp4",
  ogg: "audio/ogg",
  pdf: "application/pdf",
  png: "image/png",
  svg: "image/svg+xml",
  tar: "application/x-tar",
  tif: "image/tiff",
  tiff: "image/tiff",
  txt: "text/plain",
  webp: "image/webp",
  yaml: "text/yaml",
  yml: "text/yaml",
  zip: "application/zip",
};

export function typeOfFile(name: string): string | undefined {
  const suffix = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  return Object.hasOwn(TYPES, suffix) ? TYPES[suffix] : undefined;
}
