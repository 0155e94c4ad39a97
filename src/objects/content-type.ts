/** The content type that an object's name suggests; S3's default type if the name suggests nothing. */
export function contentTypeOf(key: string): string {
  if (key.endsWith("/")) return "application/x-directory";
  const name = key.slice(key.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  return byExtension[dot < 0 ? `/${name}` : name.slice(dot + 1).toLowerCase()] ?? "binary/octet-stream";
}

const byExtension: Partial<Record<string, string>> = {
  avro: "application/avro",
  csv: "text/csv",
  gz: "application/gzip",
  html: "text/html",
  ipynb: "application/x-ipynb+json",
  jpg: "image/jpeg",
  json: "application/json",
  jsonl: "application/jsonl",
  log: "text/plain",
  md: "text/markdown",
  parquet: "application/vnd.apache.parquet",
  pdf: "application/pdf",
  png: "image/png",
  py: "text/x-python",
  svg: "image/svg+xml",
  tsv: "text/tab-separated-values",
  txt: "text/plain",
  xml: "application/xml",
  zip: "application/zip",
  // The outputs of a calculation have no extension.
  "/stdout": "text/plain",
  "/stderr": "text/plain",
};
