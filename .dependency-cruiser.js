// Imports go one way. Each folder of src/ lists the folders it may import; what is not listed is an error, and so is a
// folder that is not in the table.
/** @typedef {{ folders: string[], files?: string[], typesOf?: string[] }} Allowed */
/** @type {Record<string, Allowed>} */
const parts = {
  cli: {
    folders: ["config", "engines", "pack", "lib"],
    files: [
      "src/service.ts",
      "src/store/(folder-lock|summary)\\.ts",
      "src/drivers/local/live-drivers\\.ts",
      "src/access/aws-profile\\.ts",
    ],
  },
  api: {
    folders: ["sessions", "workgroups", "notebooks", "tags", "domain", "lib"],
    files: ["src/protocol/(exceptions|types|operation)\\.ts"],
    typesOf: ["protocol"],
  },
  sessions: { folders: ["domain", "lib"], typesOf: ["store", "drivers", "objects", "pool", "engines", "workgroups"] },
  workgroups: { folders: ["domain", "lib"], typesOf: ["store", "drivers", "objects"] },
  notebooks: { folders: ["domain", "lib"], typesOf: ["store", "drivers", "objects"] },
  tags: { folders: ["domain", "lib"], typesOf: ["store", "drivers", "objects"] },
  store: { folders: ["domain", "lib"] },
  drivers: { folders: ["domain", "lib"], typesOf: ["store", "engines"] },
  pool: { folders: ["domain", "lib"], typesOf: ["drivers"] },
  objects: { folders: ["domain", "lib"] },
  engines: { folders: ["domain", "lib"] },
  pack: { folders: ["engines", "lib"] },
  access: { folders: ["domain", "lib"] },
  s3: { folders: ["objects", "access", "domain", "lib"], typesOf: ["protocol"] },
  protocol: { folders: ["telemetry", "lib"] },
  telemetry: { folders: ["domain", "lib"], typesOf: ["store", "drivers"] },
  config: { folders: ["domain", "lib"] },
  domain: { folders: ["lib"] },
  lib: { folders: [] },
};

// The parts of the composition root know every other part but the commands, as src/service.ts does.
/** @type {Record<string, Allowed>} */
const mayImport = {
  ...parts,
  service: { folders: Object.keys(parts).filter((name) => name !== "cli"), files: ["src/internal-pages\\.ts"] },
};

// Tests, and what several of them share, stand beside their subject and may use any part.
const test = "\\.(test|fixture)\\.ts$";

const oneWay = Object.entries(mayImport).flatMap(([from, { folders, files = [], typesOf = [] }]) => {
  const allowed = `^(${[`src/(${[from, ...folders].join("|")})/`, ...files].join("|")})`;
  const types = `^src/(${typesOf.join("|")})/`;
  const list = [folders.join(", ") || "no other folder of src/", ...files].join(", ");
  const comment = `src/${from} may import ${list}${typesOf.length > 0 ? `; of ${typesOf.join(", ")} only types` : ""}`;
  const rule = /** @type {const} */ ({ comment, severity: "error", from: { path: `^src/${from}/`, pathNot: test } });
  return [
    {
      ...rule,
      name: `${from}-imports`,
      to: { path: "^src/", pathNot: typesOf.length > 0 ? [allowed, types] : allowed },
    },
    ...(typesOf.length > 0
      ? [
          {
            ...rule,
            name: `${from}-imports-types`,
            to: { path: types, pathNot: allowed, dependencyTypesNot: /** @type {["type-only"]} */ (["type-only"]) },
          },
        ]
      : []),
  ];
});

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    ...oneWay,
    {
      name: "known-folders",
      comment: "a new folder of src/ needs its line in .dependency-cruiser.js",
      severity: "error",
      from: { path: "^src/[^/]+/", pathNot: `^src/(${Object.keys(mayImport).join("|")})/` },
      to: {},
    },
    {
      name: "service-is-the-root",
      comment: "only cli (and tests) may import src/service.ts",
      severity: "error",
      from: { path: "^src/", pathNot: ["^src/(cli|service)/", "^src/[^/]+\\.ts$", test] },
      to: { path: "^src/[^/]+\\.ts$" },
    },
    {
      name: "source-imports-source",
      comment: "src/ may import nothing of test/, scripts/ or bench/",
      severity: "error",
      from: { path: "^src/", pathNot: test },
      to: { path: "^(test|scripts|bench)/|\\.(test|fixture)\\.ts$" },
    },
    {
      name: "contract-is-a-black-box",
      comment: "test/contract may not import src/: it uses Glaux as its users do",
      severity: "error",
      from: { path: "^test/contract/" },
      to: { path: "^src/" },
    },
    {
      name: "no-dev-dependencies",
      comment: "what src/ imports must be under dependencies in package.json, or an installed Glaux lacks it",
      severity: "error",
      from: { path: "^(src|bin)/", pathNot: test },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"] },
    },
    {
      name: "no-cycles",
      comment: "no import may lead back to its own file",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "resolvable",
      comment: "the imported file does not exist",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)fixtures/" },
    tsPreCompilationDeps: true, // sees `import type`
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default", "types"] },
  },
};
