"""Judges JSON documents by the schemas of the image specification.

usage: schema_judge.py SCHEMAS (SCHEMA DOCUMENT)...

Prints one line for every fault and exits with 1 if there is any.
"""

import json
import pathlib
import sys

from jsonschema import Draft4Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

BASE = "https://opencontainers.org/schema/"


def registry(schemas):
    # The files name each other under several ids, so each is known under all of them.
    known = Registry()
    for name, schema in schemas.items():
        resource = Resource.from_contents(schema, default_specification=DRAFT4)
        ids = {schema.get("id", name), name}
        ids |= {BASE + name, BASE + "image/" + name, BASE + "descriptor/" + name}
        for uri in ids:
            known = known.with_resource(uri, resource)
    return known


def main(folder, *pairs):
    schemas = {path.name: json.loads(path.read_text()) for path in pathlib.Path(folder).glob("*.json")}
    known = registry(schemas)
    faults = 0
    for name, document in zip(pairs[::2], pairs[1::2], strict=True):
        validator = Draft4Validator(schemas[name], registry=known)
        for error in validator.iter_errors(json.loads(pathlib.Path(document).read_text())):
            faults += 1
            print(f"{document} by {name}: {error.json_path}: {error.message}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
