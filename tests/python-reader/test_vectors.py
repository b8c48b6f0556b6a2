"""Opens the vectors of tests/vectors with the reader that was written from docs/protocol.md alone."""

import datetime
import json
import pathlib
import struct
import unittest

import bisik_reader as reader

VECTORS = pathlib.Path(__file__).parent.parent / "vectors"


def vectors(name):
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def framed(notes):
    parts = [note.encode() for note in notes]
    return b"".join(struct.pack(">I", len(part)) + part for part in parts)


def open_card(document):
    return reader.read_card(bytes.fromhex(document["bundle"]), document["agency"])


def card_of(document):
    """The card on a bundle whose agency stands on the second line of its last note."""
    bundle = bytes.fromhex(document["bundle"])
    note = reader.frames(bundle, 33, 64 * 1024)[-1]
    return reader.read_card(bundle, note.decode().split("\n")[1])


class Identifiers(unittest.TestCase):
    def test_agencies_are_named_by_their_first_root(self):
        for case in vectors("ids")["agencies"]:
            self.assertEqual(reader.agency_id(bytes.fromhex(case["root"])), case["agency"])
            for typed in [case["fingerprint"], *case["typed"]]:
                self.assertEqual(reader.typed(typed), case["agency"])

    def test_days_editions_and_desks_have_one_spelling(self):
        document = vectors("ids")
        checks = {"days": reader.day, "editions": reader.edition_number}
        for name, check in checks.items():
            for text in document[name]["accepted"]:
                check(text)
            for text in document[name]["refused"]:
                self.assertRaises(reader.Refused, check, text)
        for text in document["desks"]["accepted"]:
            self.assertTrue(reader.DESK_ID.match(text))
        for text in document["desks"]["refused"]:
            self.assertFalse(reader.DESK_ID.match(text), text)

    def test_message_ids_come_from_the_sums(self):
        for case in vectors("ids")["messages"]:
            digest = reader.sha256(case["sums"].encode())
            self.assertEqual(digest.hex(), case["digest"])
            self.assertEqual(reader.crockford(digest[:5]), case["message"])

    def test_signatures_are_strict(self):
        document = vectors("ids")["ed25519"]
        for case in document["valid"]:
            reader.verify(*(bytes.fromhex(case[name]) for name in ("key", "message", "signature")))
        for case in document["refused_signatures"]:
            values = [bytes.fromhex(case[name]) for name in ("key", "message", "signature")]
            with self.assertRaises(reader.Refused, msg=case["name"]):
                reader.verify(*values)
        for case in document["refused_keys"]:
            key = bytes.fromhex(case["key"])
            with self.assertRaises(reader.Refused, msg=case["key"]):
                reader.check_key(key)


class Json(unittest.TestCase):
    def test_texts_have_one_spelling(self):
        for case in vectors("json")["texts"]:
            data = case["text"].encode("utf-8", "surrogatepass")
            if case["error"] is None:
                reader.strict_json(data, 1000)
            else:
                self.assertRaises(reader.Refused, reader.strict_json, data, 1000)

    def test_members_and_numbers_are_checked(self):
        def limits(text):
            value = reader.strict_json(text.encode(), 1000)
            reader.members(value, ("report_bytes", "file_bytes"))
            for number in value.values():
                reader.whole_number(number)

        document = vectors("json")["limits"]
        for text in document["accepted"]:
            limits(text)
        for case in document["refused"]:
            with self.assertRaises(reader.Refused, msg=case["text"]):
                limits(case["text"])


class Card(unittest.TestCase):
    def test_bundles_are_opened(self):
        document = vectors("card")
        open_card(document)
        for case in document["accepted"]:
            bundle = framed(case["notes"])
            self.assertEqual(reader.sha256(bundle).hex(), case["bundle_sha256"])
            card, note_hash = reader.read_card(bundle, document["agency"])
            self.assertEqual((card["serial"], card["roots"]), (case["serial"], case["roots"]))
            self.assertEqual(note_hash, case["hash"])

    def test_everything_else_is_refused(self):
        document = vectors("card")
        for case in document["refused"]:
            with self.assertRaises(reader.Refused, msg=case["name"]):
                reader.read_card(framed(case["notes"]), case["agency"])
        for case in document["refused_frames"]:
            with self.assertRaises(reader.Refused):
                reader.read_card(bytes.fromhex(case["bundle"]), document["agency"])


class Receipt(unittest.TestCase):
    def test_threads_are_derived(self):
        document = vectors("receipt")
        for case in document["cases"]:
            secret = reader.read_receipt(case["receipt"], document["agency"])
            self.assertEqual(secret.hex(), case["secret"])
            thread = reader.Thread(secret, document["agency"])
            self.assertEqual(thread.identity.seed.hex(), case["reply_seed"])
            self.assertEqual(thread.identity.text(), case["identity"])
            self.assertEqual(thread.identity.recipient(), case["recipient"])
            self.assertEqual(thread.signing_seed.hex(), case["signing_seed"])
            self.assertEqual(thread.verify_key.hex(), case["verify_key"])
            self.assertEqual(thread.letter_key.hex(), case["letter_key"])

    def test_typing_is_forgiven_and_mistakes_are_not(self):
        document = vectors("receipt")
        secret = reader.read_receipt(document["typed"]["receipt"], document["agency"])
        for typed in document["typed"]["accepted"]:
            self.assertEqual(reader.read_receipt(typed, document["agency"]), secret)
        for case in document["refused"]:
            with self.assertRaises(reader.Refused, msg=case["typed"]):
                reader.read_receipt(case["typed"], document["agency"])

    def test_letters_are_addressed(self):
        document = vectors("address")
        key, thread = bytes.fromhex(document["letter_key"]), bytes.fromhex(document["thread"])
        for case in document["cases"]:
            salt = bytes.fromhex(case["salt"])
            address = reader.address(key, document["agency"], case["desk"], case["edition"], salt, thread)
            self.assertEqual(address.hex(), case["address"])


class Sealed(unittest.TestCase):
    def test_keys_follow_from_seeds(self):
        for case in vectors("hybrid")["keys"]:
            identity = reader.Identity(bytes.fromhex(case["seed"]))
            self.assertEqual((identity.text(), identity.recipient()), (case["identity"], case["recipient"]))
            self.assertEqual(reader.Identity.parse(case["identity"]).seed.hex(), case["seed"])
            reader.check_recipient(case["recipient"])

    def test_files_are_opened(self):
        for case in vectors("hybrid")["files"]:
            if "sealed" not in case:
                continue
            sealed = bytes.fromhex(case["sealed"])
            self.assertEqual(reader.sha256(sealed).hex(), case["sealed_sha256"])
            expected = case["plaintext"]["repeat"].encode() * case["plaintext"]["len"]
            for text in case["identities"]:
                plain, _ = reader.open_sealed(sealed, [reader.Identity.parse(text)])
                self.assertEqual(plain, expected)

    def test_other_keys_are_refused(self):
        document = vectors("hybrid")
        for case in document["refused_recipients"]:
            self.assertRaises(reader.Refused, reader.check_recipient, case["text"])
        for case in document["refused_identities"]:
            self.assertRaises(reader.Refused, reader.Identity.parse, case["text"])

    def test_sizes_are_the_listed_ones(self):
        document = vectors("padding")
        for case in document["padded"]:
            self.assertEqual(reader.padded_size(case["len"]), case["padded"])
        for size in document["sizes"]:
            self.assertEqual(reader.padded_size(size), size)
        for case in document["sealed"]:
            lengths = [reader.sealed_length(desks, case["padded"]) for desks in range(1, 9)]
            self.assertEqual(lengths, case["sealed"])


class Report(unittest.TestCase):
    def test_reports_are_opened(self):
        document = vectors("report")
        identities = {desk["desk"]: reader.Identity.parse(desk["identity"]) for desk in document["desks"]}
        desk, opened = document["opened_by"], 0
        for case in document["cases"]:
            if "sealed" not in case:
                continue
            sealed = bytes.fromhex(case["sealed"])
            self.assertEqual(reader.sha256(sealed).hex(), case["id"])
            report, evidence, message = reader.read_report(
                sealed, [identities[desk]], document["agency"], desk, len(document["desks"])
            )
            self.assertEqual(report, json.loads(case["report_json"]))
            self.assertEqual([piece.hex() for piece in evidence], [piece["hex"] for piece in case["evidence"]])
            self.assertEqual(message, case["message"])
            for at in range(0, len(sealed), 97):
                changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
                with self.assertRaises(reader.Refused, msg=at):
                    reader.read_report(changed, [identities[desk]], document["agency"], desk, len(document["desks"]))
            opened += 1
        self.assertGreater(opened, 0)

    def test_a_desk_that_is_left_out_opens_nothing(self):
        document = vectors("report")
        case = next(case for case in document["cases"] if "sealed" in case and not all(case["slots"]))
        left_out = document["desks"][case["slots"].index(False)]
        with self.assertRaises(reader.Refused):
            reader.open_sealed(bytes.fromhex(case["sealed"]), [reader.Identity.parse(left_out["identity"])])

    def test_archives_are_made_as_specified(self):
        document = vectors("report")
        for case in document["cases"]:
            report = json.loads(case["report_json"])
            evidence = [content(piece) for piece in case["evidence"]]
            entries = [("report.json", case["report_json"].encode())]
            entries += [(note["entry"], piece) for note, piece in zip(report["evidence"], evidence)]
            sums = "".join(f"{reader.sha256(piece).hex()}  {name}\n" for name, piece in entries)
            self.assertEqual(sums, case["sums"])
            signature = bytes.fromhex(case["signature"])
            key = bytes.fromhex(report["thread"]["verify_key"])
            reader.verify(key, b"bisik/report/1\n" + sums.encode(), signature)
            entries += [("SHA256SUMS", sums.encode()), ("SHA256SUMS.sig", signature)]
            archive = b"".join(
                reader.tar_header(name, len(piece)) + piece + bytes(-len(piece) % 512) for name, piece in entries
            )
            padded = reader.padded_size(len(archive) + 1024)
            self.assertEqual(padded, case["padded"])
            self.assertEqual(reader.sha256(archive.ljust(padded, b"\0")).hex(), case["plaintext_sha256"])

    def test_tar_headers_have_one_spelling(self):
        document = vectors("tar")
        for case in document["accepted"]:
            self.assertEqual(reader.tar_header(case["name"], case["size"]).hex(), case["header"])


def content(piece):
    if "hex" in piece:
        return bytes.fromhex(piece["hex"])
    return piece["repeat"].encode() * piece["len"]


class Edition(unittest.TestCase):
    def test_an_edition_is_opened_with_a_receipt(self):
        document = vectors("edition")
        card, card_hash = card_of(document)
        desk, header, note_hash = reader.read_header(document["note"].encode(), card, card_hash)
        self.assertEqual(note_hash, document["hash"])
        places = reader.read_body(bytes.fromhex(document["body"]), header)
        thread = reader.Thread(reader.read_receipt(document["receipt"], card["agency"]), card["agency"])
        address = thread.address(desk, header["number"], bytes.fromhex(header["salt"]))
        self.assertEqual(address.hex(), document["address"])
        self.assertEqual(reader.sha256(places[address]).hex(), document["letter_sha256"])
        self.assertNotIn(bytes.fromhex(document["missing_address"]), places)
        letter = reader.read_letter(places[address], thread, desk, header["number"])
        self.assertEqual(letter["desk"], desk)

    def test_everything_else_is_refused(self):
        document = vectors("edition")
        card, card_hash = card_of(document)
        for case in document["refused"]:
            with self.assertRaises(reader.Refused, msg=case["name"]):
                reader.read_header(case["note"].encode(), card, card_hash)
        _, header, _ = reader.read_header(document["note"].encode(), card, card_hash)
        body = bytes.fromhex(document["body"])
        for case in document["refused_bodies"]:
            at = case["flip_at"]
            with self.assertRaises(reader.Refused):
                reader.read_body(body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :], header)


class Letter(unittest.TestCase):
    def setUp(self):
        self.document = vectors("letter")
        self.identity = reader.Identity.parse(self.document["identity"])

    def open(self, change):
        place = {**self.document["place"], **change}
        return reader.open_letter(
            bytes.fromhex(self.document["sealed"]),
            self.identity,
            (place["agency"], place["desk"], place["edition"], place["thread"]),
        )

    def test_a_letter_is_opened_at_its_place(self):
        self.assertEqual(self.open({}), json.loads(self.document["letter"]))

    def test_a_letter_from_another_place_is_refused(self):
        for case in self.document["refused_places"]:
            self.assertRaises(reader.Refused, self.open, case["change"])


class Acknowledgement(unittest.TestCase):
    def test_days_and_ids_are_checked(self):
        document = vectors("acknowledgement")
        card, _ = card_of(document)
        for case in document["days"]:
            today = datetime.date.fromisoformat(case["day"])
            if case["error"] is None:
                desk, ids = reader.read_acknowledgement(document["note"].encode(), card, today)
                self.assertEqual((desk, ids), (document["desk"], document["ids"]))
            else:
                with self.assertRaises(reader.Refused):
                    reader.read_acknowledgement(document["note"].encode(), card, today)
        for case in document["refused"]:
            today = datetime.date.fromisoformat(case["day"])
            with self.assertRaises(reader.Refused, msg=case["name"]):
                reader.read_acknowledgement(case["note"].encode(), card, today)


class ProofOfWork(unittest.TestCase):
    def test_solutions_solve(self):
        for case in vectors("pow")["cases"]:
            challenge = reader.strict_json(case["challenge"].encode(), 100)
            values = bytes.fromhex(challenge["challenge"]), challenge["bits"], bytes.fromhex(case["header_sha256"])
            self.assertTrue(reader.solves(*values, bytes.fromhex(case["nonce"])))
            if case["refused_nonce"]:
                self.assertFalse(reader.solves(*values, bytes.fromhex(case["refused_nonce"])))


if __name__ == "__main__":
    unittest.main()
