/** The catalogue of the config node holds the texts that all nodes share. */
export const SHARED_CATALOGUE = "@cellular-flows/node-red-modem/modem";
