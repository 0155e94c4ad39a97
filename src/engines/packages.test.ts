import { expect, test } from "vitest";
import { explainPip, readPip } from "./packages.ts";

/** What pip 26.0 printed for a real install, shortened. */
const printed = `Collecting pyspark==3.5.7 (from -r 3.5.txt (line 690))
  Downloading pyspark-3.5.7.tar.gz (317.4 MB)
Progress 0 of 317400000
Progress 262144 of 317400000
  Preparing metadata (pyproject.toml): started
Collecting numpy==1.26.4 (from -r 3.5.txt (line 200))
  Downloading numpy-1.26.4-cp311-cp311-manylinux_2_17_x86_64.whl (18.3 MB)
Building wheels for collected packages: pyspark
  Building wheel for pyspark (pyproject.toml): started
  Building wheel for pyspark (pyproject.toml): finished with status 'done'
Installing collected packages: pytz, py4j, pyspark
Successfully installed py4j-0.10.9.7`;

test("pip's lines become downloads and steps", () => {
  const seen: unknown[] = [];
  const read = readPip((message, download) => seen.push(download ?? message));
  printed.split("\n").forEach(read);
  expect(seen).toEqual([
    { name: "pyspark-3.5.7.tar.gz", receivedBytes: 0, totalBytes: 317_400_000 },
    { name: "pyspark-3.5.7.tar.gz", receivedBytes: 0, totalBytes: 317_400_000 },
    { name: "pyspark-3.5.7.tar.gz", receivedBytes: 262_144, totalBytes: 317_400_000 },
    "preparing pyspark-3.5.7.tar.gz",
    { name: "numpy-1.26.4-cp311-cp311-manylinux_2_17_x86_64.whl", receivedBytes: 0, totalBytes: 18_300_000 },
    "preparing pyspark",
    "unpacking 3 packages",
  ]);
});

test.each([
  [
    "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
    /disk is full/,
    /free some space/,
  ],
  [
    "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
    /differs from the one that 3.5.txt names/,
    /cache purge/,
  ],
  [
    "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]'))",
    /certificate is not trusted/,
    /PIP_CERT/,
  ],
  ["NameResolutionError: Failed to resolve 'index.example'", /cannot be reached/, /HTTPS_PROXY/],
  ["error: subprocess-exited-with-error", /pip failed/, /run the same command again/],
])("%s", (line, problem, fix) => {
  const error = explainPip({ code: 1, stdout: "", tail: `first\n${line}` }, "3.5.txt");
  expect(error.message).toMatch(problem);
  expect(error.message).toContain(line);
  expect(error.fix).toMatch(fix);
});
