"""Looks into the data folder of a server, without a line of the server's code, and compares it with a ledger.

The ledger says what senders, courier and desks were told: `store.py DATA LEDGER` prints one JSON object with what is
lost (it was acknowledged and is not there) and what is corrupted (it is there and wrong, half, or nobody's).
`--settled` is for a server that runs and has compared files with rows: then there is no file that no row names.

The data folder:

* `bisik.sqlite`, schema 2 or 3. `report` (agency, id, length, day, ready, place, in_file and more): a report's id is the SHA-256 of
  its sealed bytes, which are `content.sealed` under the key `place`, or the file `reports/PP/NNNNNNNNNNNNNNNN`
  (`place` in hex, in one of a few folders). `acknowledgement` (agency, id, desk): what desks hold that is stored
  still. `tally` (agency, day, reports, bytes): sums of the above. `edition` (agency, desk, current, number, header,
  place, length): the body is a file below `editions/`. `card` (agency, serial, desks, bundle). `upload` (key, agency,
  length, header, expires, place): the key is SHA-256("bisik/upload-key/1\\n" || agency (8 bytes) || id); the file is
  below `uploads/`. `upload_done` (key, length, expires): the length is masked by
  SHA-256("bisik/upload-length/1\\n" || id)[:8].
* A file below `uploads/` has two slots behind its bytes, at the next multiple of 4096 and 4096 later, and ends 4096
  later: first byte of a piece (8 bytes), byte after its last (8), SHA-256("bisik/upload-slot/2\\n" || first || after
  the last || CRC-32 of the piece (4)). Of two that hold the later one counts. A whole file without slots is on its way to be a report.
"""

import argparse
import hashlib
import json
import pathlib
import shutil
import sqlite3
import sys
import tempfile
import zlib

SCHEMAS = (2, 3)
BLOCK = 4096
PIECE = 1 << 20


class Store:
    """A data folder, read only."""

    def __init__(self, data, database, agency):
        self.data = pathlib.Path(data)
        self.db = database
        version = self.one("PRAGMA user_version")
        if version not in SCHEMAS:
            raise ValueError(f"schema {version}, this reader knows {SCHEMAS}")
        self.agency = self.one("SELECT key FROM agency WHERE id = ?", bytes.fromhex(agency))

    def one(self, sql, *values):
        row = self.db.execute(sql, values).fetchone()
        return row[0] if row else None

    def rows(self, sql):
        return self.db.execute(sql, (self.agency,)).fetchall()

    def path(self, folder, place):
        name = f"{place:016x}"
        return next((self.data / folder).glob(f"??/{name}"), self.data / folder / name)

    def report(self, place, in_file):
        """Returns the sealed bytes, or None."""
        if not in_file:
            return self.one("SELECT sealed FROM content WHERE key = ?", place)
        return read(self.path("reports", place))

    def upload_key(self, upload):
        head = b"bisik/upload-key/1\n" + self.agency.to_bytes(8, "big")
        return hashlib.sha256(head + bytes.fromhex(upload)).digest()

    def upload_bytes(self, length, place):
        """Returns the bytes of an unfinished upload that are durable, or None."""
        data = read(self.path("uploads", place))
        if data is None:
            data = read(self.path("reports", place))
            return data if data is not None and len(data) == length else None
        offset = slot_offset(data, length)
        if offset is None:
            whole = length <= len(data) < full(length)
            return data[:length] if whole else b""
        return data[:offset]


def full(length):
    return -(-length // BLOCK) * BLOCK + 2 * BLOCK


def slot_offset(data, length):
    if len(data) != full(length):
        return None
    first = full(length) - 2 * BLOCK
    found = []
    for place in (first, first + BLOCK):
        begin, end = (int.from_bytes(data[at : at + 8], "big") for at in (place, place + 8))
        if begin <= end <= length and end - begin <= PIECE:
            head = b"bisik/upload-slot/2\n" + data[place : place + 16]
            digest = hashlib.sha256(head + zlib.crc32(data[begin:end]).to_bytes(4, "big"))
            if digest.digest() == data[place + 16 : place + 48]:
                found.append(end)
    return max(found, default=None)


def read(path):
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class Verdict:
    """What is wrong."""

    def __init__(self):
        self.lost = []
        self.corrupted = []

    def lose(self, *words):
        self.lost.append(" ".join(map(str, words)))

    def corrupt(self, *words):
        self.corrupted.append(" ".join(map(str, words)))


def check_database(store, verdict):
    for (line,) in store.db.execute("PRAGMA integrity_check"):
        if line != "ok":
            verdict.corrupt("database:", line)


def check_reports(store, ledger, verdict):
    """Every stored report is whole and was sent; every acknowledged one is stored, unless all desks hold it."""
    known, desks = ledger["reports"], set(ledger["desks"])
    stored, sums = {}, {}
    query = "SELECT id, length, day, place, in_file FROM report WHERE agency = ?"
    for report, length, day, place, in_file in store.rows(query):
        report = report.hex()
        stored[report] = place
        count, size = sums.get(day, (0, 0))
        sums[day] = (count + 1, size + length)
        sealed = store.report(place, in_file)
        if sealed is None:
            (verdict.lose if known.get(report, {}).get("state") == "held" else verdict.corrupt)("bytes of", report)
        elif sha256(sealed) != report or len(sealed) != length:
            verdict.corrupt("bytes of", report, "have another hash or length")
        if report not in known:
            verdict.corrupt("nobody sent", report)
        elif desks <= set(known[report]["acknowledged"]):
            verdict.corrupt("all desks hold", report, "and it is still there")
    for report, told in known.items():
        if told["state"] == "held" and report not in stored and not desks <= set(told["asked"]):
            verdict.lose("report", report)
    contents = {key for (key,) in store.db.execute("SELECT key FROM content")}
    named = {place for (place,) in store.rows("SELECT place FROM report WHERE agency = ? AND in_file = 0")}
    if contents != named:
        verdict.corrupt("contents without a report:", sorted(contents - named))
    tally = {row[0]: row[1:] for row in store.rows("SELECT day, reports, bytes FROM tally WHERE agency = ?")}
    if tally != sums:
        verdict.corrupt("the tally says", tally, "and there are", sums)
    check_acknowledgements(store, known, stored, verdict)


def check_acknowledgements(store, known, stored, verdict):
    """What a desk was told to be noted is noted, and nothing else."""
    noted = {}
    for report, desk in store.rows("SELECT id, desk FROM acknowledgement WHERE agency = ?"):
        noted.setdefault(report.hex(), set()).add(desk)
    for report, desks in noted.items():
        if report not in stored:
            verdict.corrupt("an acknowledgement of", report, "without the report")
        elif not desks <= set(known.get(report, {"asked": []})["asked"]):
            verdict.corrupt("nobody acknowledged", report, "for", desks)
    for report in stored:
        missing = set(known.get(report, {"acknowledged": []})["acknowledged"]) - noted.get(report, set())
        if missing:
            verdict.lose("acknowledgement of", report, "by", missing)


def check_uploads(store, ledger, verdict):
    """An unfinished upload has what was acknowledged, at most one piece more, and the right bytes."""
    query = "SELECT key, length, place FROM upload WHERE agency = ?"
    coming = {key: (length, place) for key, length, place in store.rows(query)}
    done = dict(store.db.execute("SELECT key, length FROM upload_done"))
    for upload, told in ledger["uploads"].items():
        key = store.upload_key(upload)
        if key in coming and key in done:
            verdict.corrupt("upload", upload, "is finished and is not")
        elif key in done:
            mask = hashlib.sha256(b"bisik/upload-length/1\n" + bytes.fromhex(upload)).digest()
            length = int.from_bytes(bytes(a ^ b for a, b in zip(done[key], mask)), "big")
            if told["finished"] == "no" or length != told["length"]:
                verdict.corrupt("upload", upload, "is finished with length", length)
        elif key in coming:
            check_unfinished(store, upload, told, *coming.pop(key), verdict)
        elif told["finished"] != "maybe-ended":
            verdict.lose("upload", upload)
    coming = {key: row for key, row in coming.items() if key not in map(store.upload_key, ledger["uploads"])}
    if len(coming) > ledger["unanswered_uploads"]:
        verdict.corrupt(len(coming), "uploads that nobody began")
    for length, place in coming.values():
        if store.upload_bytes(length, place):
            verdict.corrupt("bytes in an upload that nobody has heard of")


def check_unfinished(store, upload, told, length, place, verdict):
    if told["finished"] == "yes":
        verdict.lose("the end of upload", upload)
        return
    data = store.upload_bytes(length, place)
    if data is None or len(data) < told["offset"]:
        verdict.lose("upload", upload, "stands at", data and len(data), "instead of", told["offset"])
    elif len(data) > told["sent"] or len(data) > told["offset"] + PIECE:
        verdict.corrupt("upload", upload, "stands at", len(data), "and only", told["sent"], "bytes were sent")
    elif data != pathlib.Path(told["file"]).read_bytes()[: len(data)]:
        verdict.corrupt("bytes of upload", upload)


def check_papers(store, ledger, verdict):
    """Card and editions are the last acknowledged ones, or ones sent since."""
    bundle = store.one("SELECT bundle FROM card WHERE agency = ?", store.agency)
    cards = ledger["cards"]
    if cards and (None if bundle is None else sha256(bundle)) not in cards:
        verdict.lose("the card")
    current = {}
    query = "SELECT desk, current, number, header, place, length FROM edition WHERE agency = ?"
    for desk, is_current, number, header, place, length in store.rows(query):
        body = read(store.path("editions", place))
        if body is None:
            verdict.lose("body of edition", desk, number)
        elif sha256(body) != json.loads(header.split(b"\n")[3])["body_hash"] or len(body) != length:
            verdict.corrupt("body of edition", desk, number)
        if is_current:
            current[desk] = sha256(header)
    for desk, editions in ledger["editions"].items():
        if editions and current.get(desk) not in editions:
            verdict.lose("edition of", desk)


def check_files(store, verdict):
    """No file but those that rows name."""
    rows = {
        "reports": "SELECT place FROM report WHERE agency = ? AND in_file = 1",
        "editions": "SELECT place FROM edition WHERE agency = ?",
        "uploads": "SELECT place FROM upload WHERE agency = ?",
    }
    for folder, query in rows.items():
        named = {store.path(folder, place) for (place,) in store.rows(query)}
        found = {path for path in (store.data / folder).rglob("*") if path.is_file()}
        for path in sorted(found - named):
            verdict.corrupt("orphan", path.relative_to(store.data))
    known = {"bisik.sqlite", "bisik.sqlite-wal", "bisik.sqlite-shm", "lock", "reports", "editions", "uploads"}
    for path in store.data.iterdir():
        if path.name not in known:
            verdict.corrupt("orphan", path.name)


def check(data, database, ledger, settled):
    """Returns the verdict about a data folder whose database is at this place."""
    verdict = Verdict()
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        store = Store(data, connection, ledger["agency"])
        check_database(store, verdict)
        check_reports(store, ledger, verdict)
        check_uploads(store, ledger, verdict)
        check_papers(store, ledger, verdict)
        if settled:
            check_files(store, verdict)
    except (sqlite3.Error, ValueError) as error:
        verdict.corrupt("database:", error)
    finally:
        connection.close()
    return verdict


def check_copy(data, ledger):
    """As `check`, of a folder without its server: SQLite may not repair what is looked at, so it gets a copy."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("bisik.sqlite", "bisik.sqlite-wal"):
            if (pathlib.Path(data) / name).exists():
                shutil.copyfile(pathlib.Path(data) / name, pathlib.Path(folder) / name)
        return check(data, pathlib.Path(folder) / "bisik.sqlite", ledger, False)


def main():
    parser = argparse.ArgumentParser(description="compares the data folder of a server with a ledger")
    parser.add_argument("data")
    parser.add_argument("ledger")
    parser.add_argument("--settled", action="store_true", help="the server runs and has tidied up")
    args = parser.parse_args()
    ledger = json.loads(pathlib.Path(args.ledger).read_text())
    if args.settled:
        verdict = check(args.data, pathlib.Path(args.data) / "bisik.sqlite", ledger, True)
    else:
        verdict = check_copy(args.data, ledger)
    print(json.dumps({"lost": verdict.lost, "corrupted": verdict.corrupted}))
    return 1 if verdict.lost or verdict.corrupted else 0


if __name__ == "__main__":
    sys.exit(main())
