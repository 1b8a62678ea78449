/** Ends a command with an error, printed as +CMEE says. */
export class CommandError extends Error {
  constructor(
    readonly errorCode: number,
    /** The words of +CMEE=2; from the personality's table if left out. */
    readonly text?: string,
  ) {
    super(text ?? `error ${errorCode}`);
  }
}
