/** Ends a command with an error; the printed form follows +CMEE. */
export class CommandError extends Error {
  constructor(
    readonly errorCode: number,
    /** The words of +CMEE=2; the personality's table when left out. */
    readonly text?: string,
  ) {
    super(text ?? `error ${errorCode}`);
  }
}
