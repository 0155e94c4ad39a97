/** The only reader of the process's environment. All other code gets what it needs as an argument. */
export function readEnvironment(): Readonly<Record<string, string | undefined>> {
  return { ...process.env };
}

/**
 * The environment that session processes inherit. Left out are credentials and settings of AWS clients,
 * Glaux's own settings, and variables that would lead the processes to another Python or Spark. The marker of
 * a test run is kept: by it the tests find processes that were left behind.
 *
 * Other secrets in the server's environment cannot be told from harmless variables, so user code can read
 * them. User code runs as the server's user anyway.
 */
export function inheritedBySessions(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const isKept = (name: string) =>
    name === "GLAUX_TEST_RUN" ||
    !/^(AWS_|GLAUX_|SPARK_|PYSPARK_|_PYSPARK_|PYTHON|HADOOP_|JAVA_TOOL_OPTIONS|JDK_JAVA_OPTIONS|_JAVA_OPTIONS|npm_)/.test(
      name,
    );
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && isKept(entry[0]),
  );
  const inherited: Record<string, string> = { LANG: "C.UTF-8", ...Object.fromEntries(kept) };
  return isUtf8(inherited) ? inherited : { ...inherited, LC_ALL: "C.UTF-8" };
}

/**
 * True if user code may print any text and use any file name. The first of these variables that is set
 * decides (locale(7)).
 */
function isUtf8(env: Record<string, string>): boolean {
  const locale = [env["LC_ALL"], env["LC_CTYPE"], env["LANG"]].find((value) => value !== undefined && value !== "");
  return locale !== undefined && /utf-?8/i.test(locale);
}
