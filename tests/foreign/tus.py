"""Uploads by tuspy. Takes a task as JSON on standard input and prints what became of it as JSON.

task: {"do": "upload" | "wrong" | "begin" | "resume" | "twice" | "end", server, file, header, url, stop}
"""

import hashlib
import json
import sys
import threading

import requests
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError

PIECE = 1 << 20
VERSION = {"Tus-Resumable": "1.0.0"}

task = json.load(sys.stdin)
statuses = []


def note(response, *_args, **_kwargs):
    """Keeps what the server answered."""
    statuses.append([response.request.method, response.status_code])


class Noting(requests.Session):
    """The session that tuspy opens for each of its requests."""

    def __init__(self):
        super().__init__()
        self.hooks["response"].append(note)


requests.sessions.Session = Noting


def proof():
    """Solves the challenge as docs/protocol.md says."""
    with open(task["file"], "rb") as file:
        digest = hashlib.sha256(file.read(task["header"])).digest()
    challenge = requests.get(task["server"] + "/challenge", timeout=60).json()
    begin = hashlib.sha256(b"bisik/pow/1\n" + bytes.fromhex(challenge["challenge"]) + digest)
    for tried in range(1 << 32):
        nonce = tried.to_bytes(8, "big")
        work = begin.copy()
        work.update(nonce)
        if int.from_bytes(work.digest(), "big") >> (256 - challenge["bits"]) == 0:
            return {"Bisik-Pow": nonce.hex(), "Bisik-Header-Sha256": digest.hex()}
    raise ValueError("no solution")


def uploader(headers, url=None):
    """Prepares an upload, begun or to be begun."""
    client = TusClient(task["server"] + "/uploads", headers=headers)
    return client.uploader(task["file"], url=url, chunk_size=PIECE, retries=100, retry_delay=0.2)


def whole(one):
    """Uploads to the end."""
    one.upload()
    return one.url


def wrong():
    """Names another offset in the middle."""
    one = uploader(proof())
    one.upload(stop_at=PIECE)
    one.offset = 12345
    return whole(one)


def begin():
    """Stops in the middle."""
    one = uploader(proof())
    one.upload(stop_at=task["stop"])
    return one.url


def resume():
    """Goes on, or begins anew where the server does not know the upload any more."""
    try:
        return whole(uploader({}, task["url"]))
    except TusCommunicationError:
        return whole(uploader(proof()))


def twice():
    """Two that do not know of each other send the same upload."""
    both = [uploader({}, task["url"]) for _ in range(2)]
    threads = [threading.Thread(target=whole, args=[one]) for one in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return task["url"]


def end():
    """The client has no word for it: by hand."""
    requests.delete(task["url"], headers=VERSION, timeout=60)
    requests.head(task["url"], headers=VERSION, timeout=60)
    return task["url"]


works = {
    "upload": lambda: whole(uploader(proof())),
    "wrong": wrong,
    "begin": begin,
    "resume": resume,
    "twice": twice,
    "end": end,
}
print(json.dumps({"url": works[task["do"]](), "statuses": statuses}))
