import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findJava } from "./java.ts";
import { proxyFlags } from "./maven.ts";
import { engineSpecs } from "./specs.ts";
import { machineCertificates, trustStore } from "./trust-store.ts";

test("a proxy that the environment names is the JVM's too", () => {
  expect(proxyFlags({})).toEqual([]);
  expect(proxyFlags({ HTTPS_PROXY: "http://proxy.example:3128", NO_PROXY: "localhost, .example.org," })).toEqual([
    "-Dhttps.proxyHost=proxy.example",
    "-Dhttps.proxyPort=3128",
    "-Dhttp.nonProxyHosts=localhost|*.example.org",
  ]);
  expect(proxyFlags({ http_proxy: "proxy.example:80" })).toEqual([
    "-Dhttp.proxyHost=proxy.example",
    "-Dhttp.proxyPort=80",
  ]);
});

test("Java reads the trust store that is made of the machine's certificates", async ({ skip }) => {
  const java = await findJava(engineSpecs["4"], { PATH: process.env.PATH });
  if (!java) return skip("no Java with a keytool on this machine");
  const folder = await mkdtemp(join(tmpdir(), "glaux-trust-"));
  try {
    const certificates = await machineCertificates({ PIP_CERT: "/nonexistent" });
    const file = join(folder, "trusted.jks");
    await writeFile(file, trustStore(certificates));
    const args = ["-list", "-keystore", file, "-storetype", "JKS", "-storepass", ""];
    const { stdout } = spawnSync(join(java.home, "bin/keytool"), args, { encoding: "utf8" });
    expect(certificates.length).toBeGreaterThan(50);
    expect(stdout.match(/trustedCertEntry/g)).toHaveLength(certificates.length);
  } finally {
    await rm(folder, { recursive: true });
  }
});
