/** A certificate of a security profile, as messages call it. */
export interface NamedCertificate {
  /** `CA certificate` */
  readonly words: string;
  readonly subject: string;
  /** The profile's property that holds it. */
  readonly property: string;
}

/** That a certificate has expired, in words; undefined where it has not. */
export function expiredInWords(
  { words, subject, property }: NamedCertificate,
  expires: Date | undefined,
  now = new Date(),
): string | undefined {
  if (expires === undefined || !(expires < now)) return undefined;
  return `The ${words} ${subject} expired on ${expires.toISOString().slice(0, 10)}: replace it (${property})`;
}
