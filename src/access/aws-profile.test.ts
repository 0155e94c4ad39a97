import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AthenaClient } from "@aws-sdk/client-athena";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { writeAwsProfile } from "./aws-profile.ts";

const key = { accessKeyId: "GLAXAAAAAAAAAAAAAAAA", secretAccessKey: "s3cr3t/+=" };

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "glaux-profile-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true });
});

test("an AWS SDK finds endpoint, region and keys in it", async () => {
  const { configFile, credentialsFile } = await writeAwsProfile({
    home,
    endpointUrl: "http://127.0.0.1:8765",
    region: "eu-west-3",
    key,
  });
  vi.stubEnv("AWS_CONFIG_FILE", configFile);
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", credentialsFile);
  vi.stubEnv("AWS_PROFILE", "glaux");
  for (const name of [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_ENDPOINT_URL",
  ]) {
    vi.stubEnv(name, undefined);
  }
  const client = new AthenaClient({});
  expect(await client.config.region()).toBe("eu-west-3");
  expect(await client.config.credentials()).toMatchObject(key);
  let asked: unknown;
  client.middlewareStack.add(
    () =>
      ({ request }) => {
        asked = request;
        return Promise.reject(new Error("not sent"));
      },
    { step: "finalizeRequest", priority: "low" },
  );
  const { GetWorkGroupCommand } = await import("@aws-sdk/client-athena");
  await expect(client.send(new GetWorkGroupCommand({ WorkGroup: "w" }))).rejects.toThrow("not sent");
  expect(asked).toMatchObject({ protocol: "http:", hostname: "127.0.0.1", port: 8765 });
  client.destroy();
});

test("the keys are for their owner alone, and written again they replace the old ones", async () => {
  await writeAwsProfile({ home, endpointUrl: "http://127.0.0.1:1", region: "r", key });
  const { configFile, credentialsFile } = await writeAwsProfile({
    home,
    endpointUrl: "http://127.0.0.1:2",
    region: "r",
    key: { ...key, secretAccessKey: "new" },
  });
  expect((await stat(credentialsFile)).mode & 0o777).toBe(0o600);
  expect(await readFile(configFile, "utf8")).toContain("endpoint_url = http://127.0.0.1:2\n");
  expect(await readFile(credentialsFile, "utf8")).toContain("aws_secret_access_key = new\n");
  expect((await readdir(join(home, "aws"))).sort()).toEqual(["config", "credentials"]);
});
