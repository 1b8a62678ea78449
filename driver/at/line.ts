/**
 * One line from the modem.
 *
 * One character is one byte (ISO 8859-1). Counted strings are taken out of `text`, where an empty pair of quotation
 * marks stays behind, and stand in `data`, so that a payload never has to be searched or unquoted.
 */
export interface Line {
  /** Without line ends; a counted string reads `""`. */
  readonly text: string;
  readonly data: readonly CountedString[];
  /** The text or the PDU of a short message behind the line (27.005), whatever it says; without its line end. */
  readonly body?: string;
}

/** The bytes of a counted string and which field of the line they are, from 0. */
export interface CountedString {
  readonly field: number;
  readonly bytes: Buffer;
  /** Its end is not where the count has it: bytes were lost, doubled or put in on the way. */
  readonly damaged?: true;
}

/**
 * Says that a string field of lines with this prefix ends by a length field instead of at the next quotation mark.
 * Fields count from 0 behind the colon.
 */
export interface CountedRule {
  /** With the colon, e.g. `+USORD:`. */
  readonly prefix: string;
  /** Only for lines whose first field is this number (`+UMQTTC: 6`). */
  readonly first?: number;
  readonly strings: readonly {
    readonly field: number;
    readonly length: number;
    /** Bytes that it has at most: more are no length. Left out: what any modem may hold. */
    readonly most?: number;
  }[];
}

/** An unsolicited result code that the modem may print at any time. */
export interface UrcDefinition {
  /** What the line begins with, e.g. `+UUHTTPCR:`; a whole line for texts such as `RDY`. */
  readonly prefix: string;
  /** The modem prints it when it has booted: everything volatile is gone. */
  readonly boot?: boolean;
  /** It carries secrets: traces show no more of it than the prefix. */
  readonly confidential?: boolean;
}
