// The environment that tests run in: the caller's, without variables that would change how Glaux or an AWS
// client behaves.
import { join } from "node:path";
import { root } from "../run-tool.ts";

/** Engines are installed once and shared by all test servers. */
export const enginesFolder = process.env["GLAUX_ENGINES"] ?? join(root, ".glaux/engines");

export function testEnvironment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(AWS|GLAUX|SPARK|PYSPARK|PYTEST|npm)_|^PYTHON/.test(name),
  );
  return {
    ...Object.fromEntries(kept),
    GLAUX_ENGINES: enginesFolder,
    // No client may find the developer's own AWS account, or ask a cloud's metadata service for one.
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
    PYTHONDONTWRITEBYTECODE: "1",
    ...more,
  };
}
