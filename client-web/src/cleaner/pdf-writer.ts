import { concat } from "../formats/bytes.ts";
import { ascii } from "./pieces.ts";

/** Writes a PDF in its plainest form: objects one after the other, a table of their places, an end. */
export class PdfWriter {
  private readonly pieces: Uint8Array[] = [];
  private readonly places: number[] = [];
  private length = 0;

  constructor() {
    this.put(Uint8Array.of(...ascii("%PDF-1.7\n%"), 0xe2, 0xe3, 0xcf, 0xd3, 0x0a));
  }

  /** Returns the number of an object that will be written. */
  reserve(): number {
    return this.places.push(0);
  }

  /** Writes an object; the body holds bytes as characters up to 255. */
  object(number: number, body: string): void {
    this.begin(number);
    this.put(ascii(`${body}\nendobj\n`));
  }

  stream(number: number, entries: string, contents: Uint8Array): void {
    this.begin(number);
    this.put(ascii(`<< ${entries} /Length ${contents.length} >>\nstream\n`));
    this.put(contents);
    this.put(ascii("\nendstream\nendobj\n"));
  }

  /** Returns the file. */
  finish(root: number): Uint8Array<ArrayBuffer> {
    const start = this.length;
    const size = this.places.length + 1;
    const table = this.places.map((place) => `${String(place).padStart(10, "0")} 00000 n \n`).join("");
    this.put(ascii(`xref\n0 ${size}\n0000000000 65535 f \n${table}`));
    this.put(ascii(`trailer\n<< /Size ${size} /Root ${root} 0 R >>\nstartxref\n${start}\n%%EOF\n`));
    return concat(...this.pieces);
  }

  private begin(number: number): void {
    this.places[number - 1] = this.length;
    this.put(ascii(`${number} 0 obj\n`));
  }

  private put(bytes: Uint8Array): void {
    this.pieces.push(bytes);
    this.length += bytes.length;
  }
}
