"""Compares pyspark's jars with the checksums that pip recorded when it installed them.

Prints pyspark's folder and the names of its jars, as JSON. If a jar is missing or differs, exits with 1 and names
the file."""

import base64
import hashlib
import json
import os
import sys
from importlib.metadata import distribution

jars = []
for file in distribution("pyspark").files or []:
    name = str(file)
    if not (name.startswith("pyspark/jars/") and name.endswith(".jar")) or name.count("/") != 2:
        continue
    path = str(file.locate())
    if file.hash is None or not os.path.exists(path):
        sys.exit(f"missing: {path}")
    digest = hashlib.new(file.hash.mode)
    with open(path, "rb") as content:
        for block in iter(lambda: content.read(1 << 20), b""):
            digest.update(block)
    if base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode() != file.hash.value:
        sys.exit(f"damaged: {path}")
    jars.append(path)
if not jars:
    sys.exit("pyspark has no jars")
print(json.dumps({"sparkHome": os.path.dirname(os.path.dirname(jars[0])), "jars": jars}))
