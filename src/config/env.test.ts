import { expect, test } from "vitest";
import { inheritedBySessions } from "./env.ts";

test("what would change the session's Java, Python or Spark is not inherited, nor are credentials of AWS", () => {
  const stripped = ["_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS", "PYTHONPATH", "SPARK_HOME", "AWS_PROFILE", "GLAUX_HOME"];
  const env = Object.fromEntries(stripped.map((name) => [name, "x"]));
  expect(inheritedBySessions({ ...env, PATH: "/bin" })).toEqual({ PATH: "/bin", LANG: "C.UTF-8" });
});

test.each([
  [{}, { LANG: "C.UTF-8" }],
  [{ LANG: "de_DE.UTF-8" }, { LANG: "de_DE.UTF-8" }],
  [
    { LC_ALL: "en_US.utf8", LANG: "C" },
    { LC_ALL: "en_US.utf8", LANG: "C" },
  ],
  [{ LC_ALL: "C" }, { LC_ALL: "C.UTF-8", LANG: "C.UTF-8" }],
  [{ LANG: "POSIX" }, { LC_ALL: "C.UTF-8", LANG: "POSIX" }],
  [
    { LC_CTYPE: "C", LANG: "en_US.UTF-8" },
    { LC_ALL: "C.UTF-8", LC_CTYPE: "C", LANG: "en_US.UTF-8" },
  ],
  [
    { LC_ALL: "", LANG: "en_US.UTF-8" },
    { LC_ALL: "", LANG: "en_US.UTF-8" },
  ],
])("text is UTF-8: %j", (env, expected) => {
  expect(inheritedBySessions(env)).toEqual(expected);
});
