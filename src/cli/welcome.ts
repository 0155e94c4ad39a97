import type { Config } from "../config/config.ts";
import type { Engine } from "../engines/engines.ts";
import { glauxCommand } from "./command-line.ts";
import { aboutSubstitute } from "./default-engine.ts";

/** The text that a service which has started prints to its user. */
export function welcome(
  config: Config,
  env: Readonly<Record<string, string | undefined>>,
  endpoint: string,
  { id, versions }: Pick<Engine, "id" | "versions">,
): string {
  const about = aboutSubstitute(id, config);
  const end =
    config.sessionsAtSigterm === "end"
      ? "Ctrl-C and SIGTERM end the service with all sessions."
      : "Ctrl-C ends the service with all sessions; SIGTERM ends the service alone, and its sessions go on.";
  return `Glaux is ready at ${endpoint}

  Spark ${versions.spark}, Python ${versions.python}, Java ${versions.java}${about === undefined ? "" : `\n  ${about}`}
  Data folder  ${config.home}
  Log          ${config.logFile === "-" ? "standard error" : config.logFile}

Make the AWS CLI and SDKs in another shell use it:

  eval "$(${glauxCommand(env, "env")})"

Then, for example:

  aws athena start-session --work-group primary --engine-configuration '{}'

or, without any AWS client:

  ${glauxCommand(env, "run -c 'print(spark.range(10).count())'")}

${end}`;
}
