// Many requests to Athena on few connections. The signer is neither the service's code nor the SDK's.
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import aws4 from "aws4";

export interface SignedAnswer {
  readonly status: number;
  readonly contentType: string | undefined;
  /** The body as it came over the wire. */
  readonly body: string;
}

export interface SignedCalls extends Disposable {
  post(operation: string, body: string): Promise<SignedAnswer>;
}

/** Sends calls to a server. At most `connections` calls are under way at once; further calls wait. */
export function signedCalls(server: { endpoint: string; home: string }, connections = 16): SignedCalls {
  const { hostname, port, host } = new URL(server.endpoint);
  const key = keyOf(server.home);
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  return {
    post(operation, body) {
      const { headers } = aws4.sign(
        {
          host,
          method: "POST",
          path: "/",
          region: "us-east-1",
          service: "athena",
          body,
          headers: { "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": `AmazonAthena.${operation}` },
        },
        key,
      );
      return new Promise((resolve, reject) => {
        const sent = request(
          { hostname, port, method: "POST", path: "/", headers: headers as Record<string, string>, agent },
          (response) => {
            let answer = "";
            response.setEncoding("utf8");
            response.on("data", (chunk: string) => (answer += chunk));
            response.on("error", reject);
            response.on("end", () =>
              resolve({
                status: response.statusCode ?? 0,
                contentType: response.headers["content-type"],
                body: answer,
              }),
            );
          },
        );
        sent.on("error", reject);
        sent.end(body);
      });
    },
    [Symbol.dispose]: () => agent.destroy(),
  };
}

/** The key of the AWS profile in a server's data folder. */
export function keyOf(home: string): { accessKeyId: string; secretAccessKey: string } {
  const credentials = readFileSync(join(home, "aws/credentials"), "utf8");
  const value = (name: string) => new RegExp(`^${name} = (.+)$`, "m").exec(credentials)?.[1] ?? "";
  return { accessKeyId: value("aws_access_key_id"), secretAccessKey: value("aws_secret_access_key") };
}
