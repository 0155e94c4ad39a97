/** The only reader of the process's environment; everything else gets what it needs as an argument. */
export function readEnvironment(): Readonly<Record<string, string | undefined>> {
  return { ...process.env };
}

/**
 * What session processes inherit: everything but credentials and settings of AWS clients, our own settings, and what would make another Python or Spark of
 * theirs. The marker of a test run is kept, by which the tests find processes that were left behind.
 * Other secrets in the server's environment are not told from harmless variables, so user code can read them: it runs as the user of the server anyway.
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

/** Whether text of user code and its file names can be anything. The first of these that is set decides (locale(7)). */
function isUtf8(env: Record<string, string>): boolean {
  const locale = [env["LC_ALL"], env["LC_CTYPE"], env["LANG"]].find((value) => value !== undefined && value !== "");
  return locale !== undefined && /utf-?8/i.test(locale);
}
