import { highestLimit } from "../../driver/models";

/** Numbers of contexts, of the model that has most; the modem refuses what it hasn't got. */
export const CONTEXT_RANGE = { min: 1, max: highestLimit("contexts") } as const;

/** Characters of the name of a certificate or key, of the model that takes most. */
export const CERTIFICATE_NAME_LENGTH = highestLimit("certificateName");
