/** A way to reach the modem's serial port from another program. */
export interface Face {
  /** As printed by the command. */
  readonly name: "tcp" | "unix" | "pty";
  /** Resolves with the address once it can be used. A closed face reopens at the same address. */
  open(): Promise<string>;
  close(): Promise<void>;
}
