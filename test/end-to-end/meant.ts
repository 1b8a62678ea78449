/** A string as the base syntax has it: printable, and without quotation marks inside. */
const TEXT = '"[\\x20\\x21\\x23-\\x7e]*"';
/** Cipher suites of BG96 stand without quotation marks. */
const PARAMETER = `(?:${TEXT}|-?\\d+|0[xX][0-9A-F]{4})?`;
const PARAMETERS = `${PARAMETER}(?:,${PARAMETER})*`;

/** Session data of LARA-R6 stand without quotation marks, too (guide 3.4.4). */
const SESSION = "\\+USECPRF=\\d,13,\\d+(?:,[A-Za-z0-9+/]+={0,2})+";

/** Commands of any model. */
const COMMON =
  "CMEE CGMM CGMI CGMR CGSN CFUN CPIN CREG CGREG CEREG COPS CSQ CESQ CGDCONT CGACT CGATT CGPADDR CGCONTRDP CGEREP CSCON CSCS CSDH CCID CIMI CTZR";
const OWN: Readonly<Record<string, string>> = {
  "LARA-R6":
    "UPINCNT UDCONF UMNOPROF UAUTHREQ UHTTP UHTTPC UHTTPER UDWNFILE URDFILE URDBLOCK ULSTFILE UDELFILE UPING UDNSRN UDNSCFG USECMNG USECPRF USOCR USOCO USOSO USOGO USOSEC USOCTL USOLI USOWR USOST USORD USORF USOCL USOER USODL UMQTT UMQTTC UMQTTNV UMQTTER UMQTTSN UMQTTSNC UMQTTSNNV UMQTTSNER",
  BG96: "QPINC QCCID QISDE QICSGP QIACT QIDEACT QIGETERROR QIDNSCFG QIDNSGIP QPING QHTTPCFG QHTTPURL QHTTPGET QHTTPPOST QHTTPPOSTFILE QHTTPREAD QHTTPREADFILE QHTTPSTOP QFUPL QFDWL QFLST QFDEL QFOPEN QFREAD QFWRITE QFCLOSE QFLDS QNWINFO QSSLCFG QNTP CCLK QISTATE QSSLSTATE QICFG QIOPEN QISEND QIRD QICLOSE QSSLOPEN QSSLSEND QSSLRECV QSSLCLOSE QISWTMD QMTCFG QMTOPEN QMTCLOSE QMTCONN QMTDISC QMTSUB QMTUNS QMTPUB QMTRECV",
};

/**
 * The lines that the nodes mean to send: one command, known by its name, with numbers and quoted strings and nothing
 * else for parameters. What a hostile text might add, a command of its own, a `;`, half a string, does not match.
 */
export function meantCommand(model: string): RegExp {
  const names = `${COMMON} ${OWN[model] ?? ""}`.trim().replaceAll(" ", "|");
  return new RegExp(`^AT(?:|E1|I|&C1|&D0|\\+(?:${names})(?:\\?|=\\?|=${PARAMETERS})?|${SESSION})$`);
}
