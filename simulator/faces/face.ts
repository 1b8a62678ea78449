/** A way to reach the modem's serial port from another program. */
export interface Face {
  /** As the command prints it. */
  readonly name: "tcp" | "unix" | "pty";
  /** Resolves with the address when it can be used. A face that was closed opens again at the same address. */
  open(): Promise<string>;
  close(): Promise<void>;
}
