"""Reads JUnit reports as CI servers do.

usage: junit_judge.py REPORT

Prints a line for every case that failed, was skipped or printed something, and exits with 1 after a line for each
fault: elements and attributes that the format does not have, names that are missing or come twice, and counts that
are not those of the cases.
"""

import sys
import xml.etree.ElementTree as ElementTree

from junitparser import Failure, JUnitXml, Skipped

# What the schema of Jenkins (junit-10.xsd) has of each element.
COUNTS = {"name", "tests", "failures", "errors", "skipped", "time"}
SUITE = COUNTS | {"timestamp", "hostname", "id", "package", "group", "file", "log", "url", "version", "disabled"}
CASE = {"name", "classname", "time", "status", "assertions", "class", "file", "line", "url", "group"}
ELEMENTS = {
    "testsuites": (COUNTS | {"disabled"}, {"testsuite"}),
    "testsuite": (SUITE, {"testcase", "properties", "system-out", "system-err"}),
    "testcase": (CASE, {"skipped", "failure", "error", "system-out", "system-err"}),
    "failure": ({"message", "type"}, set()),
    "skipped": ({"message", "type"}, set()),
    "system-out": (set(), set()),
}


def walk(element):
    attributes, children = ELEMENTS[element.tag]
    for name in set(element.keys()) - attributes:
        yield f"<{element.tag}> has no attribute {name}"
    for child in element:
        if child.tag in children:
            yield from walk(child)
        else:
            yield f"<{element.tag}> has no <{child.tag}>"


def counts(report):
    return {name: getattr(report, name) for name in ("tests", "failures", "errors", "skipped")}


def main(file):
    root = ElementTree.parse(file).getroot()
    faults = list(walk(root)) if root.tag == "testsuites" else [f"<{root.tag}> is no report"]
    report = JUnitXml.fromfile(file)
    said = [counts(report), *map(counts, report)]
    cases = [case for suite in report for case in suite]
    names = [(case.classname, case.name) for case in cases]
    if len(set(names)) != len(names) or not all(all(name) for name in names):
        faults.append("a case without a name of its own")
    for suite in report:
        suite.update_statistics()
    report.update_statistics()
    if said != [counts(report), *map(counts, report)]:
        faults.append(f"counts {said} of {counts(report)}")
    for case in cases:
        kinds = {Failure: "failed", Skipped: "skipped"}
        results = [kinds[type(result)] for result in case.result] or (["said"] if case.system_out else [])
        for result in results:
            print(result, case.name.split(" ")[0])
        if len(results) > 1:
            faults.append(f"{case.name} ended in several ways")
    print("\n".join(faults), file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
