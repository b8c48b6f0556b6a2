#!/usr/bin/env python3
"""Writes the corpus of evidence files: tests/evidence/samples and samples.json (see README.md)."""

from make import images, media, office, pdf
from make.common import write_manifest

if __name__ == "__main__":
    images.make()
    media.make()
    pdf.make()
    office.make()
    write_manifest()
