// age-encryption (typage) as a second implementation. Keys come over stdin, one line; files by name.
//   node age.mjs open SEALED OUT     < identity
//   node age.mjs seal PLAIN SEALED   < recipient
//   node age.mjs recipient           < identity
import { readFileSync, writeFileSync } from "node:fs";
import { Decrypter, Encrypter, identityToRecipient } from "age-encryption";

const [action, from, to] = process.argv.slice(2);
const key = readFileSync(0, "utf8").trim();
if (action === "open") {
  const decrypter = new Decrypter();
  decrypter.addIdentity(key);
  writeFileSync(to, await decrypter.decrypt(readFileSync(from)));
} else if (action === "seal") {
  const encrypter = new Encrypter();
  encrypter.addRecipient(key);
  writeFileSync(to, await encrypter.encrypt(readFileSync(from)));
} else if (action === "recipient") {
  process.stdout.write(await identityToRecipient(key));
} else {
  throw new Error(`unknown action ${action}`);
}
