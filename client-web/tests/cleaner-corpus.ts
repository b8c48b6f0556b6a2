import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** The corpus of tests/evidence and its judge. */

export const evidence = resolve("../tests/evidence");

/** A line of samples.json, as far as the tests read it. */
export interface Sample {
  readonly file: string;
  readonly outcome: "cleaned" | "untouched" | "refused";
  readonly extension?: string;
}

export async function samples(): Promise<Sample[]> {
  return JSON.parse(await readFile(join(evidence, "samples.json"), "utf8"));
}

export async function sample(file: string): Promise<Blob> {
  return new Blob([new Uint8Array(await readFile(join(evidence, "samples", file)))]);
}

/** Gives a folder to `work`, then removes it. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "evidence-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

export async function save(folder: string, name: string, blob: Blob): Promise<void> {
  await writeFile(join(folder, name), new Uint8Array(await blob.arrayBuffer()));
}

/** Returns the judge's complaints about a folder, one a line. */
export function judge(mode: "results" | "tags", folder: string): string {
  const done = spawnSync("python3", ["-B", join(evidence, "judge.py"), mode, folder], { encoding: "utf8" });
  return done.stderr + done.stdout;
}
