// `npm run bench [-- <name> <options>]`. Without a name: what a session costs.
const benches: Record<string, () => Promise<unknown>> = {
  session: () => import("./session.ts"),
  api: () => import("./api.ts"),
  stop: () => import("./stop.ts"),
};

const [name = ""] = process.argv.slice(2);
if (name in benches) process.argv.splice(2, 1);
else if (name !== "" && !name.startsWith("--")) {
  console.error(`There is no bench ${name}. There are: ${Object.keys(benches).join(", ")}.`);
  process.exit(2);
}
await (benches[name] ?? benches["session"])?.();
