/** Whether this machine can have DTLS: on Windows `openssl s_client` takes no data from a pipe while it waits for the peer. */
export const HAS_DTLS = process.platform !== "win32";
