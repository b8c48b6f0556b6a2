// Unpacks the public CCTV age vectors: `node cctv.mjs DIR` writes one sealed file each and index.json.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import * as exported from "cctv-age";

const directory = process.argv[2];
const vectors = exported.default ?? exported;
const index = [];
for (const [name, bytes] of Object.entries(vectors)) {
  const vector = Buffer.from(bytes);
  const end = vector.indexOf("\n\n");
  const fields = vector.subarray(0, end).toString().split("\n").map((line) => line.split(": "));
  const all = (key) => fields.filter(([field]) => field === key).map(([, value]) => value);
  let sealed = vector.subarray(end + 2);
  if (all("compressed").includes("zlib")) sealed = inflateSync(sealed);
  writeFileSync(join(directory, `${name}.age`), sealed);
  index.push({
    name,
    expect: all("expect")[0],
    payload: all("payload")[0] ?? null,
    identities: all("identity"),
    passphrases: all("passphrase"),
    armored: all("armored").includes("yes"),
  });
}
writeFileSync(join(directory, "index.json"), JSON.stringify(index));
