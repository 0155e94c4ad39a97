/** The only reader of the process's environment; everything else gets what it needs as an argument. */
export function readEnvironment(): Readonly<Record<string, string | undefined>> {
  return { ...process.env };
}

/**
 * What session processes inherit: everything but credentials and settings of AWS clients, our own settings, and what would make another Python or Spark of
 * theirs. The marker of a test run is kept, by which the tests find processes that were left behind.
 */
export function inheritedBySessions(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const isKept = (name: string) =>
    name === "GLAUX_TEST_RUN" ||
    !/^(AWS_|GLAUX_|SPARK_|PYSPARK_|_PYSPARK_|PYTHON|HADOOP_|JAVA_TOOL_OPTIONS|JDK_JAVA_OPTIONS|npm_)/.test(name);
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && isKept(entry[0]),
  );
  return { LANG: "C.UTF-8", ...Object.fromEntries(kept) };
}
