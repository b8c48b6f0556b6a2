"""A small reader of Bisik's documents, written from docs/protocol.md alone.

It opens and checks what the specification describes; section numbers in comments are those of that page. It is a
check of the specification, not a program for use: secrets are not wiped from memory.
"""

import base64
import binascii
import datetime
import hashlib
import hmac
import json
import re
import struct

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat


class Refused(Exception):
    """A document does not follow the specification."""


def demand(holds, what):
    if not holds:
        raise Refused(what)


def sha256(data):
    return hashlib.sha256(data).digest()


def hmac_sha256(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def hkdf_extract(salt, ikm):
    return hmac_sha256(salt or bytes(32), ikm)


def hkdf_expand(prk, info, length):
    return HKDFExpand(hashes.SHA256(), length, info).derive(prk)


# 2. Identifiers

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
DESK_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,31}\Z")


def crockford(data):
    bits = "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 5)
    return "".join(CROCKFORD[int(bits[at : at + 5], 2)] for at in range(0, len(bits), 5))


def agency_id_bytes(text):
    demand(len(text) == 32 and all(symbol in CROCKFORD for symbol in text), "agency id")
    bits = "".join(f"{CROCKFORD.index(symbol):05b}" for symbol in text)
    return int(bits, 2).to_bytes(20, "big")


def agency_id(first_root):
    return crockford(sha256(b"bisik/root/1\n" + first_root)[:20])


def typed(text):
    """Brings symbols typed by people into the canonical spelling."""
    symbols = ""
    for char in text:
        if char.isspace() or char == "-" or "\u2010" <= char <= "\u2015":
            continue
        char = char.upper()
        demand(char != "U" and char.isascii() and char.isalnum(), "symbol")
        symbols += {"O": "0", "I": "1", "L": "1"}.get(char, char)
    return symbols


# 3. Signatures

PRIME = 2**255 - 19
SMALL_ORDER = {
    bytes.fromhex("0100000000000000000000000000000000000000000000000000000000000000"),
    (PRIME - 1).to_bytes(32, "little"),
    bytes(32),
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
}


def check_key(key):
    demand(len(key) == 32, "length of key")
    y = key[:31] + bytes([key[31] & 0x7F])
    demand(int.from_bytes(y, "little") < PRIME, "key is not canonical")
    demand(y not in SMALL_ORDER, "key has small order")


def verify(key, message, signature):
    check_key(key)
    demand(len(signature) == 64, "length of signature")
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        raise Refused("signature") from None


# 4. Strict JSON


def no_repeats(pairs):
    demand(len({name for name, _ in pairs}) == len(pairs), "repeated member")
    return dict(pairs)


def no_float(text):
    raise Refused(f"number {text}")


def strict_json(data, limit):
    """Parses, writes again and compares; the callers check members, their order and their values."""
    demand(len(data) <= limit, "length of document")
    depth, deepest, in_string, escaped = 0, 0, False, False
    for byte in data:
        if in_string:
            if escaped:
                escaped = False
            elif byte == ord("\\"):
                escaped = True
            elif byte == ord('"'):
                in_string = False
        elif byte == ord('"'):
            in_string = True
        elif byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    demand(deepest <= 16, "depth of document")
    try:
        value = json.loads(
            data.decode("utf-8"), object_pairs_hook=no_repeats, parse_float=no_float, parse_constant=no_float
        )
        again = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    except ValueError:
        raise Refused("not JSON") from None
    demand(again == data, "not the canonical spelling")
    return value


def members(value, required, optional=()):
    """Checks names and order: the schema's order, optional ones left out or present."""
    demand(isinstance(value, dict), "object expected")
    order = [name for name in required if name in value or name not in optional]
    demand(list(value) == order, f"members {list(value)}")


def whole_number(value):
    demand(isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53, "number")
    return value


def hex_bytes(text, length):
    demand(re.fullmatch(rf"[0-9a-f]{{{2 * length}}}", text) is not None, "hex")
    return bytes.fromhex(text)


def day(text):
    demand(re.fullmatch(r"[2-9][0-9]{3}-[0-9]{2}-[0-9]{2}", text), "day")
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise Refused("day") from None


def edition_number(text):
    demand(re.fullmatch(r"[0-9]{9}", text), "number of edition")
    day(f"{text[:4]}-{text[4:6]}-{text[6:8]}")
    return text


# 5. Signed notes


def strict_base64(text):
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Refused("base64") from None
    demand(base64.b64encode(data).decode() == text, "base64")
    return data


class Note:
    def __init__(self, data, kind, agency):
        demand(b"\r" not in data and b"\0" not in data, "CR or NUL in note")
        try:
            whole = data.decode("utf-8")
        except UnicodeDecodeError:
            raise Refused("note is not UTF-8") from None
        before, mark, after = whole.rpartition("\n\n")
        demand(mark and after.endswith("\n"), "note has no signatures")
        self.text = before + "\n"
        lines = self.text.split("\n", 3)
        demand(len(lines) == 4 and lines[3].strip("\n"), "note is too short")
        demand(lines[0] == kind, "type of note")
        demand(lines[1] == agency, "agency of note")
        self.desk = lines[2]
        self.content = lines[3].removesuffix("\n")
        of_root = kind in ("bisik/card/1", "bisik/succession/1")
        demand((self.desk == "-") if of_root else DESK_ID.match(self.desk), "desk of note")
        self.key_name = f"{agency}/root" if of_root else f"{agency}/{self.desk}"
        self.signatures = []
        for line in after.removesuffix("\n").split("\n"):
            found = re.fullmatch(r"\u2014 (\S+) ([A-Za-z0-9+/=]+)", line)
            demand(found and len(self.signatures) < 2, "signature line")
            blob = strict_base64(found[2])
            demand(len(blob) == 68, "signature line")
            self.signatures.append((found[1], blob[:4], blob[4:]))

    def hash(self):
        return sha256(self.text.encode()).hex()

    def signer(self, place, keys):
        name, key_id, signature = self.signatures[place]
        demand(name == self.key_name, "key name")
        for key in keys:
            if sha256(name.encode() + b"\n\x01" + key)[:4] == key_id:
                verify(key, self.text.encode(), signature)
                return key
        raise Refused("signed by no known key")

    def verify_one(self, keys):
        demand(len(self.signatures) == 1, "number of signatures")
        return self.signer(0, keys)

    def verify_two(self, first, second):
        demand(len(self.signatures) == 2, "number of signatures")
        for one, other in ((0, 1), (1, 0)):
            try:
                keys = self.signer(one, first), self.signer(other, second)
            except Refused:
                continue
            if keys[0] != keys[1]:
                return
        raise Refused("two signatures")


# 6. Frames


def frames(data, most, longest):
    parts = []
    while data:
        demand(len(parts) < most and len(data) >= 4, "frames")
        (length,) = struct.unpack(">I", data[:4])
        demand(length <= longest and len(data) >= 4 + length, "frame")
        parts.append(data[4 : 4 + length])
        data = data[4 + length :]
    return parts


# 7. Root keys and agency card


def read_card(bundle, agency):
    parts = frames(bundle, 33, 64 * 1024)
    demand(parts, "empty bundle")
    *successions, card_note = parts
    note = Note(card_note, "bisik/card/1", agency)
    card = strict_json(note.content.encode(), 64 * 1024)
    named = [hex_bytes(key, 32) for key in card["roots"]]
    roots, before = None, []
    for number, data in enumerate(successions, 1):
        demand(len(data) <= 4096, "length of succession")
        succession = Note(data, "bisik/succession/1", agency)
        content = strict_json(succession.content.encode(), 4096)
        members(content, ("number", "issued", "roots"))
        day(content["issued"])
        keys = [hex_bytes(key, 32) for key in content["roots"]]
        demand(1 <= len(keys) <= 4 and len(set(keys)) == len(keys), "root keys")
        before = roots if roots is not None else pinned(keys, agency)
        demand(content["number"] == number, "number of succession")
        succession.verify_two(before, keys)
        roots = keys
    if roots is None:
        roots = pinned(named, agency)
    if len(note.signatures) == 1:
        note.verify_one(roots)
    else:
        note.verify_two(before, roots)
    demand(named == roots, "root keys on the card")
    check_card(card, agency)
    return card, note.hash()


def pinned(keys, agency):
    found = [key for key in keys if agency_id(key) == agency]
    demand(found, "pinned root key")
    return found[:1]


def check_card(card, agency):
    members(
        card,
        (
            "agency", "names", "roots", "serial", "issued", "expires", "desks", "letters", "letter_size",
            "interval", "form", "limits", "contacts",
        ),
    )  # fmt: skip
    demand(card["agency"] == agency and whole_number(card["serial"]) >= 1, "agency or serial")
    members(card["names"], ("id", "en"))
    demand(0 <= (day(card["expires"]) - day(card["issued"])).days <= 400, "dates of card")
    letters = whole_number(card["letters"])
    demand(1 <= letters <= 1024 and letters & (letters - 1) == 0, "letters")
    demand(card["letter_size"] == 8192 and 1 <= whole_number(card["interval"]) <= 60, "ranges of card")
    demand(1 <= len(card["desks"]) <= 8, "desks")
    ids, keys = [], []
    for desk in card["desks"]:
        members(desk, ("id", "names", "keys"))
        demand(DESK_ID.match(desk["id"]) and desk["keys"], "desk")
        ids.append(desk["id"])
        for window in desk["keys"]:
            members(window, ("key", "from", "to"))
            demand(day(window["from"]) <= day(window["to"]), "period of key")
            keys.append(hex_bytes(window["key"], 32))
    demand(len(set(ids)) == len(ids) and len(set(keys)) == len(keys), "repeated desk or key")
    members(card["limits"], ("report_bytes", "file_bytes"))
    demand(card["limits"]["file_bytes"] <= card["limits"]["report_bytes"], "limits")
    members(
        card["form"],
        ("id", "sections", "one_of", "categories", "self_check", "guidance", "statuses", "clocks"),
    )


# 9. Receipt and keys of a thread


def crc12_gsm(data):
    crc = 0
    for byte in data:
        crc ^= byte << 4
        for _ in range(8):
            crc = ((crc << 1) ^ 0xD31) & 0xFFF if crc & 0x800 else (crc << 1) & 0xFFF
    return crc ^ 0xFFF


def read_receipt(text, agency):
    symbols = typed(text)
    demand(len(symbols) == 28 and all(symbol in CROCKFORD for symbol in symbols), "length of receipt")
    value = int("".join(f"{CROCKFORD.index(symbol):05b}" for symbol in symbols), 2)
    secret, check = (value >> 12).to_bytes(16, "big"), value & 0xFFF
    demand(crc12_gsm(b"bisik/receipt/1\n" + agency_id_bytes(agency) + secret) == check, "check of receipt")
    return secret


class Thread:
    def __init__(self, secret, agency):
        prk = hkdf_extract(b"bisik/receipt/1", secret)
        raw = agency_id_bytes(agency)
        key = lambda label: hkdf_expand(prk, label + b"\0" + raw, 32)
        self.agency = agency
        self.identity = Identity(key(b"bisik/reply-identity/1"))
        self.signing_seed = key(b"bisik/thread-signing/1")
        private = Ed25519PrivateKey.from_private_bytes(self.signing_seed)
        self.verify_key = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.letter_key = key(b"bisik/letter-address/1")

    def address(self, desk, edition, salt):
        return address(self.letter_key, self.agency, desk, edition, salt, self.verify_key)


def address(letter_key, agency, desk, edition, salt, verify_key):
    message = b"bisik/letter/1\n" + agency_id_bytes(agency) + desk.encode() + b"\n"
    message += edition.encode() + b"\n" + salt + verify_key
    return hmac_sha256(letter_key, message)[:16]


# 10. Sealed files

BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def bech32_polymod(values):
    check = 1
    for value in values:
        top, check = check >> 25, ((check & 0x1FFFFFF) << 5) ^ value
        for bit, constant in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= constant if (top >> bit) & 1 else 0
    return check


def bech32_expand(prefix):
    return [ord(char) >> 5 for char in prefix] + [0] + [ord(char) & 31 for char in prefix]


def bech32_encode(prefix, data):
    bits = "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 5)
    values = [int(bits[at : at + 5], 2) for at in range(0, len(bits), 5)]
    check = bech32_polymod(bech32_expand(prefix) + values + [0] * 6) ^ 1
    values += [(check >> 5 * (5 - place)) & 31 for place in range(6)]
    return prefix + "1" + "".join(BECH32[value] for value in values)


def bech32_decode(prefix, text):
    demand(text.startswith(prefix + "1"), "type of key")
    demand(all(char in BECH32 for char in text[len(prefix) + 1 :]), "symbols of key")
    values = [BECH32.index(char) for char in text[len(prefix) + 1 :]]
    demand(bech32_polymod(bech32_expand(prefix) + values) == 1, "checksum of key")
    bits = "".join(f"{value:05b}" for value in values[:-6])
    data = bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits) - 7, 8))
    demand(bech32_encode(prefix, data) == text, "spelling of key")
    return data


def check_recipient(text):
    """Checks a recipient before use: length, coefficients below 3,329, X25519 half not of low order."""
    key = bech32_decode("age1pq", text)
    demand(len(key) == 1216, "length of recipient")
    for at in range(0, 1152, 3):
        a, b, c = key[at : at + 3]
        demand((a | (b & 15) << 8) < 3329 and (b >> 4 | c << 4) < 3329, "coefficient")
    try:
        X25519PrivateKey.generate().exchange(X25519PublicKey.from_public_bytes(key[1184:]))
    except ValueError:
        raise Refused("low order recipient") from None
    return key


HPKE_SUITE = b"HPKE\x64\x7a\x00\x01\x00\x03"


def hpke_open(shared_secret, sealed):
    labeled = lambda label, data: b"HPKE-v1" + HPKE_SUITE + label + data
    context = b"\0" + hkdf_extract(b"", labeled(b"psk_id_hash", b""))
    context += hkdf_extract(b"", labeled(b"info_hash", b"age-encryption.org/mlkem768x25519"))
    secret = hkdf_extract(shared_secret, labeled(b"secret", b""))
    key = hkdf_expand(secret, struct.pack(">H", 32) + labeled(b"key", context), 32)
    nonce = hkdf_expand(secret, struct.pack(">H", 12) + labeled(b"base_nonce", context), 12)
    return ChaCha20Poly1305(key).decrypt(nonce, sealed, None)


class Identity:
    def __init__(self, seed):
        demand(len(seed) == 32, "seed")
        self.seed = seed
        expanded = hashlib.shake_256(seed).digest(96)
        self.mlkem = MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
        self.x25519 = X25519PrivateKey.from_private_bytes(expanded[64:])
        self.x25519_public = self.x25519.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @classmethod
    def parse(cls, text):
        demand(text == text.upper(), "case of identity")
        return cls(bech32_decode("age-secret-key-pq-", text.lower()))

    def text(self):
        return bech32_encode("age-secret-key-pq-", self.seed).upper()

    def recipient(self):
        return bech32_encode("age1pq", self.mlkem.public_key().public_bytes_raw() + self.x25519_public)

    def unwrap(self, enc, body):
        """Returns the file key, or None if the stanza was made for somebody else."""
        ss_m = self.mlkem.decapsulate(enc[:1088])
        ct_x = enc[1088:]
        try:
            ss_x = self.x25519.exchange(X25519PublicKey.from_public_bytes(ct_x))
        except ValueError:
            raise Refused("low order share") from None
        secret = hashlib.sha3_256(ss_m + ss_x + ct_x + self.x25519_public + b"\\.//^\\").digest()
        try:
            return hpke_open(secret, body)
        except InvalidTag:
            return None


HEADER = re.compile(
    rb"age-encryption\.org/v1\n((?:-> mlkem768x25519 [A-Za-z0-9+/]{1494}\n[A-Za-z0-9+/]{43}\n){1,8})"
    rb"--- ([A-Za-z0-9+/]{43})\n"
)


def unpadded(text):
    return strict_base64(text.decode() + "=" * (-len(text) % 4))


def open_sealed(sealed, identities):
    """Opens a sealed file; returns the plaintext and the number of stanzas."""
    header = HEADER.match(sealed)
    demand(header, "shape of header")
    lines = header[1].splitlines()
    stanzas = [(lines[at][18:], lines[at + 1]) for at in range(0, len(lines), 2)]
    demand(header.end() == 70 + 1557 * len(stanzas), "length of header")
    unwrapped = (i.unwrap(unpadded(enc), unpadded(body)) for enc, body in stanzas for i in identities)
    file_key = next((key for key in unwrapped if key is not None), None)
    demand(file_key is not None and len(file_key) == 16, "sealed to somebody else")
    mac_key = hkdf_expand(hkdf_extract(b"", file_key), b"header", 32)
    signed = header[0][: header[0].rindex(b"---") + 3]
    demand(hmac.compare_digest(hmac_sha256(mac_key, signed), unpadded(header[2])), "MAC of header")
    nonce, payload = sealed[header.end() :][:16], sealed[header.end() + 16 :]
    key = ChaCha20Poly1305(hkdf_expand(hkdf_extract(nonce, file_key), b"payload", 32))
    plain = b""
    chunks = [payload[at : at + 65552] for at in range(0, len(payload), 65552)]
    demand(chunks, "no payload")
    for counter, chunk in enumerate(chunks):
        last = counter == len(chunks) - 1
        demand(len(chunk) > 16 or counter == 0, "empty chunk")
        try:
            plain += key.decrypt(counter.to_bytes(11, "big") + bytes([last]), chunk, None)
        except InvalidTag:
            raise Refused("payload") from None
    return plain, len(stanzas)


# 11. Report


def padded_size(length):
    if length <= 32 * 1024:
        return 32 * 1024
    power = 1 << ((length - 1).bit_length() - 1)
    step = power // 8 if power >= 64 * 1024 * 1024 else power // 2
    return -(-length // step) * step


def sealed_length(desks, padded):
    return 70 + 1557 * desks + 16 + padded + 16 * -(-padded // 65536)


def tar_header(name, size):
    field = lambda text, length: text.encode().ljust(length, b"\0")
    before = field(name, 100) + b"0000644\0" + b"0000000\0" * 2 + f"{size:011o}".encode() + b"\0"
    before += b"00000000000\0"
    after = b"0" + bytes(100) + b"ustar\x0000" + bytes(64) + b"0000000\0" * 2 + bytes(167)
    total = sum(before) + sum(after) + 8 * ord(" ")
    return before + f"{total:06o}".encode() + b"\0 " + after


class Tar:
    def __init__(self, data):
        self.data, self.at = data, 0

    def entry(self, name):
        header = self.data[self.at : self.at + 512]
        demand(len(header) == 512 and re.fullmatch(rb"[0-7]{11}\0", header[124:136]), "tar header")
        size = int(header[124:135], 8)
        demand(size < 2**32 and header == tar_header(name, size), f"tar header of {name}")
        content = self.data[self.at + 512 : self.at + 512 + size]
        end = self.at + 512 + size + (-size % 512)
        demand(len(content) == size and not any(self.data[self.at + 512 + size : end]), f"content of {name}")
        self.at = end
        return content

    def end(self):
        demand(padded_size(self.at + 1024) == len(self.data), "padded size")
        demand(not any(self.data[self.at :]), "padding")


def read_report(sealed, identities, agency, desk, desks_on_card):
    """Opens a report and makes every check of section 11; returns report.json, the evidence and the message id."""
    plain, stanzas = open_sealed(sealed, identities)
    demand(stanzas == desks_on_card, "number of stanzas")
    demand(len(sealed) == sealed_length(stanzas, len(plain)), "length of report")
    tar = Tar(plain)
    report_json = tar.entry("report.json")
    report = strict_json(report_json, 29184)
    members(
        report,
        (
            "format", "agency", "card", "to", "kind", "nonce", "seen", "language", "form", "answers", "message",
            "evidence", "thread",
        ),
    )  # fmt: skip
    demand(report["format"] == "bisik/report/1", "format")
    demand(report["agency"] == agency, "agency of report")
    demand(report["to"] == sorted(set(report["to"])) and desk in report["to"], "desks of report")
    demand(report["kind"] in ("report", "follow-up", "close") and report["language"] in ("id", "en"), "kind")
    hex_bytes(report["nonce"], 16)
    demand(list(report["seen"]) == sorted(report["seen"]), "order of seen")
    members(report["thread"], ("verify_key", "recipient", "letter_key"))
    hex_bytes(report["thread"]["letter_key"], 32)
    check_recipient(report["thread"]["recipient"])
    sums = f"{sha256(report_json).hex()}  report.json\n"
    evidence = []
    for number, note in enumerate(report["evidence"], 1):
        members(note, ("entry", "kind", "name", "holders", "note", "cleaned"), ("name",))
        demand(re.fullmatch(rf"evidence/{number:04}\.[a-z0-9]{{1,5}}", note["entry"]), "name of evidence")
        evidence.append(tar.entry(note["entry"]))
        sums += f"{sha256(evidence[-1]).hex()}  {note['entry']}\n"
    demand(tar.entry("SHA256SUMS") == sums.encode(), "SHA256SUMS")
    signature = tar.entry("SHA256SUMS.sig")
    verify(hex_bytes(report["thread"]["verify_key"], 32), b"bisik/report/1\n" + sums.encode(), signature)
    tar.end()
    return report, evidence, crockford(sha256(sums.encode())[:5])


# 12. Edition


def read_header(data, card, card_hash):
    demand(len(data) <= 4096, "length of header")
    note = Note(data, "bisik/edition/1", card["agency"])
    desk = next((desk for desk in card["desks"] if desk["id"] == note.desk), None)
    demand(desk, "desk of edition")
    signer = note.verify_one([hex_bytes(window["key"], 32) for window in desk["keys"]])
    header = strict_json(note.content.encode(), 4096)
    members(
        header,
        (
            "number", "date", "until", "card_serial", "card_hash", "recipient", "letters", "letter_size", "salt",
            "body_hash",
        ),
    )  # fmt: skip
    window = next(window for window in desk["keys"] if window["key"] == signer.hex())
    demand(day(window["from"]) <= day(header["date"]) <= day(window["to"]), "period of key")
    demand(0 <= (day(header["until"]) - day(header["date"])).days <= 60, "dates of edition")
    edition_number(header["number"])
    demand(header["letters"] == card["letters"] and header["letter_size"] == 8192, "size of edition")
    newer = header["card_serial"] > card["serial"]
    forked = header["card_serial"] == card["serial"] and header["card_hash"] != card_hash
    demand(not newer and not forked, "card of edition")
    return note.desk, header, note.hash()


def read_body(data, header):
    demand(sha256(data).hex() == header["body_hash"], "hash of body")
    demand(len(data) == header["letters"] * 8208, "length of body")
    places = [(data[at : at + 16], data[at + 16 : at + 8208]) for at in range(0, len(data), 8208)]
    demand(all(one[0] < two[0] for one, two in zip(places, places[1:])), "order of addresses")
    return dict(places)


# 13. Letter


def read_letter(sealed, thread, desk, edition):
    return open_letter(sealed, thread.identity, (thread.agency, desk, edition, thread.verify_key.hex()))


def open_letter(sealed, identity, place):
    """Opens a letter that was found at a place: agency, desk, edition, thread."""
    demand(len(sealed) == 8192, "length of letter")
    plain, stanzas = open_sealed(sealed, [identity])
    demand(stanzas == 1 and len(plain) == 6533, "shape of letter")
    letter = strict_json(plain.rstrip(b" "), 6533)
    members(
        letter,
        (
            "format", "agency", "desk", "edition", "thread", "to", "received", "earlier_received", "status",
            "messages", "earlier", "questions", "closes",
        ),
        ("closes",),
    )  # fmt: skip
    demand(letter["format"] == "bisik/letter/1", "format of letter")
    bindings = (letter["agency"], letter["desk"], letter["edition"], letter["thread"])
    demand(bindings == place, "bindings of letter")
    demand(letter["to"] == sorted(set(letter["to"])) and letter["to"], "desks of letter")
    demand(len(letter["received"]) <= 32 and len(letter["questions"]) <= 16, "lists of letter")
    return letter


# 14. Acknowledgement


def read_acknowledgement(data, card, today):
    note = Note(data, "bisik/ack/1", card["agency"])
    desk = next((desk for desk in card["desks"] if desk["id"] == note.desk), None)
    demand(desk, "desk of acknowledgement")
    travel = datetime.timedelta(days=30)
    valid = [w for w in desk["keys"] if day(w["from"]) <= today <= day(w["to"]) + travel]
    note.verify_one([hex_bytes(window["key"], 32) for window in valid])
    ids = note.content.split("\n")
    demand(1 <= len(ids) <= 65536 and ids == sorted(set(ids)), "ids of acknowledgement")
    return note.desk, [hex_bytes(one, 32).hex() for one in ids]


# 15. Proof of work


def solves(challenge, bits, header_digest, nonce):
    digest = sha256(b"bisik/pow/1\n" + challenge + header_digest + nonce)
    return int.from_bytes(digest, "big") >> (256 - bits) == 0
