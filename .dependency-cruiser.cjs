/** The layers of docs/architecture.md: imports go down only. A folder of `driver/` that is no layer is a vendor's. */
const LAYERS = "at|cellular|life|services|transport";
const rule = (name, comment, from, to) => ({ name, comment, severity: "error", from, to });

module.exports = {
  forbidden: [
    rule("no-circular", "Imports stay acyclic, those of types too.", {}, { circular: true }),
    rule(
      "at-names-no-vendor",
      "The AT engine knows V.250 and 27.007, and no vendor.",
      { path: "^driver/at/" },
      { path: "^driver/", pathNot: "^driver/(at|transport)/|^driver/(errors|delay)" },
    ),
    rule(
      "transport-is-the-bottom",
      "A transport is a byte stream: it knows neither AT nor modems.",
      { path: "^driver/transport/" },
      { path: "^driver/", pathNot: "^driver/transport/|^driver/(errors|delay)" },
    ),
    rule(
      "services-are-interfaces",
      "What a modem offers is said without saying how.",
      { path: "^driver/services/" },
      { path: "^driver/", pathNot: "^driver/(services|at)/|^driver/(errors|delay)" },
    ),
    rule(
      "cellular-is-27007",
      "Procedures all vendors share stand on the AT engine alone.",
      { path: "^driver/cellular/" },
      { path: "^driver/", pathNot: "^driver/(cellular|services|at)/|^driver/(errors|delay|modem-types)" },
    ),
    rule(
      "vendors-stand-alone",
      "One vendor never imports another, nor what puts vendors together.",
      { path: `^driver/(?!(?:${LAYERS})/)([^/]+)/` },
      { path: "^driver/", pathNot: "^driver/($1|services|cellular|at)/|^driver/(errors|delay)" },
    ),
    rule(
      "only-the-table-of-models-names-vendors",
      "What a vendor adds reaches the rest through the table of models.",
      { path: "^driver/", pathNot: `^driver/models\\.ts$|^driver/(?!(?:${LAYERS})/)[^/]+/` },
      { path: `^driver/(?!(?:${LAYERS})/)[^/]+/` },
    ),
    rule(
      "simulated-vendors-stand-alone",
      "One personality never imports another vendor's.",
      { path: "^simulator/(ublox|quectel)/" },
      { path: "^simulator/(ublox|quectel)/", pathNot: "^simulator/$1/" },
    ),
    rule(
      "nothing-imports-tests",
      "What is shipped knows no test; a bench may start Node-RED as the tests do.",
      { path: "^(driver|simulator|nodes|demo|bench|scripts)/" },
      { path: "^test/", pathNot: "^test/support/" },
    ),
    rule(
      "nothing-imports-benches",
      "Only benches know benches; a test may run one.",
      { path: "^(driver|simulator|nodes|demo|scripts)/" },
      { path: "^bench/" },
    ),
    rule(
      "tests-of-the-driver-side-know-one-vendor",
      "A vendor's tests stand on that vendor alone.",
      { path: "^test/driver/(ublox|quectel)/" },
      { path: "^(driver|test/driver)/(ublox|quectel)/", pathNot: "^(driver|test/driver)/$1/" },
    ),
    rule(
      "tests-of-the-simulator-know-no-driver",
      "The simulator is tested from the guides, not by the driver.",
      { path: "^test/simulator/" },
      { path: "^(driver|nodes)/" },
    ),
    rule(
      "life-knows-no-vendor",
      "Coming up and recovering are the same for every model: what differs comes in by the table of models.",
      { path: "^driver/life/" },
      {
        path: "^driver/",
        pathNot: "^driver/(life|cellular|services|at|transport)/|^driver/(errors|delay|modem-types)\\.ts$",
      },
    ),
    rule(
      "driver-without-node-red",
      "The driver knows nothing of Node-RED.",
      { path: "^driver/" },
      { path: "^nodes/|node-red" },
    ),
    rule(
      "driver-without-simulator",
      "Two people reading one manual must be able to disagree; only the simulated transport opens the simulator.",
      { path: "^driver/", pathNot: "^driver/transport/simulated" },
      { path: "^simulator/" },
    ),
    rule(
      "simulator-stands-alone",
      "The simulator shares no code with what it tests, nor with who answers it.",
      { path: "^simulator/" },
      { path: "^(driver|nodes|demo)/" },
    ),
    rule(
      "gateway-stands-alone",
      "The gateway of tests and of demo.example shares no code with the clients that it serves.",
      { path: "^simulator/internet/demo-example/mqtt-sn-gateway/" },
      { path: "^(driver|nodes|simulator|demo)/", pathNot: "^simulator/internet/demo-example/mqtt-sn-gateway/" },
    ),
    rule(
      "nodes-use-the-modem",
      "A node speaks to a modem and its services, and reads the table of models; never the AT engine or a vendor.",
      { path: "^nodes/" },
      {
        path: "^driver/",
        pathNot:
          "^driver/(modem|modem-types|models|errors|delay)\\.ts$|^driver/services/|^driver/transport/(discovery|port-text)",
      },
    ),
    rule(
      "nodes-without-simulator",
      "Nodes reach the simulator through a port's text only; the dialog checks that by the simulator's own rules.",
      { path: "^nodes/" },
      { path: "^simulator/", pathNot: "^simulator/port-text" },
    ),
    rule(
      "runtime-dependencies-only",
      "What is shipped imports only what is declared.",
      { path: "^(driver|simulator|nodes)/", pathNot: "editor" },
      { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"], dependencyTypesNot: ["type-only"] },
    ),
    rule("no-unresolvable", "Every import resolves.", {}, { couldNotResolve: true }),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      extensions: [".ts", ".js", ".json"],
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default"],
    },
  },
};
