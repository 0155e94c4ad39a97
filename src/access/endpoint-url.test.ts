import { expect, test } from "vitest";
import { endpointUrl } from "./endpoint-url.ts";

test.each([
  ["127.0.0.1", "http://127.0.0.1:8765"],
  ["::1", "http://[::1]:8765"],
  ["192.0.2.7", "http://192.0.2.7:8765"],
  // A server that listens on `::`, all addresses, takes IPv4 too.
  ["0.0.0.0", "http://127.0.0.1:8765"],
  ["::", "http://127.0.0.1:8765"],
])("of %s", (host, url) => {
  expect(endpointUrl({ host, port: 8765 })).toBe(url);
});
