// The `glaux` command line. It only parses, and loads a command's own file when that command is called.
import { enableCompileCache } from "node:module";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { readEnvironment } from "../config/env.ts";
import { packageVersion } from "../lib/package-root.ts";
import { explain } from "./failure.ts";
import type { PackChoice } from "./pack.ts";
import type { RunOptions } from "./run.ts";
import { columnsOf, quietPipes } from "./output.ts";
import { settingsHelp } from "./settings-help.ts";

// Halves the time to load the service: from the second run on, nothing has to be compiled.
enableCompileCache();
quietPipes();
try {
  await program().parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

function program(): Command {
  const env = readEnvironment();
  const glaux = new Command("glaux")
    .description("Amazon Athena for Apache Spark, on your own machine")
    .version(packageVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "glaux: ")) })
    .showHelpAfterError("(see `glaux --help`)");

  glaux
    .command("serve")
    .description("run the service; what it lacks, such as Spark, is installed first")
    .addHelpText("after", () => `\n${settingsHelp(columnsOf(process.stdout))}`)
    .action(async () => exitWith((await import("./serve.ts")).serve(env)));

  glaux
    .command("stop")
    .description("end the service; its sessions go on, and the next start takes them over")
    .option("--sessions", "end the sessions too")
    .action(async (options: { sessions?: boolean }) => exitWith((await import("./stop.ts")).stop(env, options)));

  glaux
    .command("env")
    .description('print shell lines that make AWS clients use the service: eval "$(npx glaux env)"')
    .option("--unset", "print lines that undo it")
    .action(async (options: { unset?: boolean }) => exitWith((await import("./env.ts")).printEnv(env, options)));

  glaux
    .command("run")
    .description("run a Python file in a Spark session and show what it prints")
    .argument("[file]", "the file; - reads the script from standard input")
    .option("-c, --code <code>", "run this code instead of a file")
    .option("--session <id>", "use this session, and keep it")
    .option("--keep", "keep the session that is started, and print its id")
    .option("--work-group <name>", "the session's workgroup", "primary")
    .option("--conf <key=value>", "a Spark property of the session; may be repeated", property, {})
    .addOption(new Option("--idle-timeout <minutes>", "the session ends by itself after this time").argParser(minutes))
    .action(async (file: string | undefined, options: RunOptions) =>
      exitWith((await import("./run.ts")).run(env, file, options)),
    );

  const sessions = glaux
    .command("sessions")
    .description("list the active sessions")
    .action(async () => exitWith((await import("./sessions.ts")).listSessions(env)));
  sessions
    .command("show")
    .description("show a session's state, its logs, and its processes with their memory")
    .argument("<id>", "the session's id")
    .action(async (id: string) => exitWith((await import("./sessions.ts")).showSession(env, id)));

  const engines = glaux.command("engines").description("list and install Spark engines");
  engines
    .command("list")
    .description("show every engine and whether it is installed")
    .action(async () => exitWith((await import("./engines.ts")).listEngines(env)));
  engines
    .command("install")
    .description("install an engine: Spark, its Python packages and, where there is none, a Java")
    .argument("[engine]", "3.5 or 4; the default engine if none is named")
    .option(
      "--with <packages...>",
      "also install `athena` (what AWS preinstalls in Athena for Spark), `iceberg` or `delta` (the jars of these table formats)",
    )
    .action(async (id: string | undefined, options: { with?: string[] }) =>
      exitWith((await import("./engines.ts")).install(env, id, options)),
    );

  glaux
    .command("pack")
    .description("write an archive from which Glaux and Spark are set up on machines without a network")
    .argument("<file>", "the archive to write: a name that ends with .tar.gz or .tgz")
    .argument(
      "[engines...]",
      "3.5 or 4, with the additions that they are installed with; the default engine if none is named",
    )
    .addOption(
      new Option(
        "--python <version>",
        "pack for this Python, such as 3.12, instead of the one that the engine runs on here",
      ).argParser(pythonMinor),
    )
    .action(async (file: string, engines: string[], choice: PackChoice) =>
      exitWith((await import("./pack.ts")).pack(env, file, engines, choice)),
    );

  glaux
    .command("doctor")
    .description("show what the service finds on this machine: engines, memory, priorities, the warm pool")
    .action(async () => exitWith((await import("./doctor.ts")).doctor(env)));

  glaux
    .command("reset")
    .description("remove all data (buckets, sessions, notebooks, keys, logs), but not the engines; asks before it does")
    .option("--yes", "remove it without a question")
    .action(async (options: { yes?: boolean }) => exitWith((await import("./reset.ts")).reset(env, options)));

  glaux
    .command("examples")
    .description("put the examples' data (flights from New York, 2013) into s3://glaux-examples/")
    .action(async () => exitWith((await import("./examples.ts")).installExamples(env)));
  return glaux;
}

async function exitWith(command: Promise<number>): Promise<void> {
  process.exitCode = await command;
}

/** Says why a command failed, and gives its exit code. Commander has already shown its own errors. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const { text, exitCode } = explain(error);
  if (text !== undefined) process.stderr.write(`glaux: ${text}\n`);
  return exitCode;
}

function property(text: string, earlier: Record<string, string>): Record<string, string> {
  const equals = text.indexOf("=");
  if (equals < 1) throw new InvalidArgumentError("It must look like spark.sql.shuffle.partitions=8.");
  return { ...earlier, [text.slice(0, equals)]: text.slice(equals + 1) };
}

function pythonMinor(text: string): number {
  const minor = /^3\.(\d+)$/.exec(text)?.[1];
  if (minor === undefined) throw new InvalidArgumentError("It must look like 3.12.");
  return Number(minor);
}

function minutes(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 480) throw new InvalidArgumentError("It must be from 1 to 480.");
  return value;
}
