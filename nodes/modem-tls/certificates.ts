import type { Runtime } from "../common/types";
import { describeCertificates } from "./certificate-answer";
import { CERTIFICATES_PATH } from "./types";

/** Describes the certificates and keys of a dialog to the editor. */
export function serveCertificates(RED: Runtime): void {
  RED.httpAdmin.post(`/${CERTIFICATES_PATH}`, RED.auth.needsPermission("flows.write"), (request, response) => {
    describeCertificates(RED, request.body, response);
  });
}
