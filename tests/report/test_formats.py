"""The formats of lint, as the programs that read them want them."""

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft7Validator

from nb2prod.cli import run
from nb2prod.lint.diagnostic import Diagnostic
from nb2prod.problems import Location
from nb2prod.report import junit
from nb2prod.report.found import Found
from tests.written import write

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "a, b:c" / "50%.ipynb", "x = 1", "y = [\n    plt,\n]", "print(plt)  # é")
    write(tmp_path / "good.ipynb", "x = 1")
    (tmp_path / "broken.ipynb").write_text("{", encoding="utf-8")
    write(tmp_path / "words.ipynb", "x = '\x0c<&>'\nprint(`) # \x08", "print(zz)")
    return tmp_path


def _printed(form: str, capsys: Capture, *options: str) -> str:
    assert run(["lint", ".", "--format", form, *options]) == 2
    return capsys.readouterr().out


def _file_line(path: Path, source: str) -> int:
    (line,) = (n for n, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1) if source in text)
    return line


def test_sarif_is_what_its_schema_says(folder: Path, capsys: Capture) -> None:
    schema = json.loads((Path(__file__).parent / "sarif.schema.json").read_text(encoding="utf-8"))
    document = json.loads(_printed("sarif", capsys))
    assert [error.message for error in Draft7Validator(schema).iter_errors(document)] == []
    (run_,) = document["runs"]
    first = run_["results"][0]
    assert run_["tool"]["driver"]["rules"][first["ruleIndex"]]["id"] == first["ruleId"] == "HS102"
    physical = first["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"]["uri"] == "a%2C%20b%3Ac/50%25.ipynb"
    assert physical["region"]["startLine"] == _file_line(folder / "a, b:c" / "50%.ipynb", '    plt,\\n"')
    (other,) = first["relatedLocations"]
    assert other["physicalLocation"]["region"]["startLine"] == _file_line(folder / "a, b:c" / "50%.ipynb", "# é")
    assert first["properties"] == {"cell": 1, "line": 2, "column": 5}
    (invocation,) = run_["invocations"]
    assert invocation["executionSuccessful"] is False
    assert "broken.ipynb" in invocation["toolExecutionNotifications"][0]["message"]["text"]


def test_sarif_keeps_its_fingerprint_when_cells_are_added_above(tmp_path: Path, capsys: Capture) -> None:
    def prints(*cells: str) -> list[str]:
        write(tmp_path / "one" / "a.ipynb", *cells)
        run(["lint", "one", "--format", "sarif", "--select", "HS102"])
        (run_,) = json.loads(capsys.readouterr().out)["runs"]
        return [one["partialFingerprints"]["nb2prod/v1"] for one in run_["results"]]

    assert prints("x = 1\nprint(zz)") == prints("new = 1", "y = 2\nz = 3\nprint(zz)") != prints("print(zz, 1)")


def test_github_shows_findings_on_the_lines_of_the_file(folder: Path, capsys: Capture) -> None:
    lines = _printed("github", capsys).splitlines()
    line = _file_line(folder / "a, b:c" / "50%.ipynb", '    plt,\\n"')
    place = f"::error title=HS102 read-of-undefined,file=a%2C b%3Ac/50%25.ipynb,line={line}::cell 1:2:5: "
    assert lines[0].startswith(place)
    assert [one for one in lines if one.startswith("::error file=broken.ipynb::")]
    assert all(re.match(r"::(error|warning|notice) ", one) for one in lines)


def test_gitlab(folder: Path, capsys: Capture) -> None:
    issues: list[dict[str, Any]] = json.loads(_printed("gitlab", capsys))
    first = issues[0]
    assert first["location"]["path"] == "a, b:c/50%.ipynb"
    assert first["location"]["lines"]["begin"] == _file_line(folder / "a, b:c" / "50%.ipynb", '    plt,\\n"')
    assert (first["severity"], first["check_name"]) == ("major", "read-of-undefined")
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
    assert {"description", "check_name", "fingerprint", "severity", "location"} == set(first)


def test_gitlab_tells_equal_findings_apart(tmp_path: Path, capsys: Capture) -> None:
    again = write(tmp_path / "again" / "a.ipynb", "x = 1", "x += 1", "x += 1")
    run(["lint", str(again), "--select", "HS106", "--format", "gitlab"])
    issues = json.loads(capsys.readouterr().out)
    assert len({issue["fingerprint"] for issue in issues}) == len(issues) == 2


def test_junit(capsys: Capture) -> None:
    root = ET.fromstring(_printed("junit", capsys))  # noqa: S314 - our own
    suites = {suite.attrib["name"]: suite for suite in root}
    assert set(suites) == {"a, b:c/50%.ipynb", "good.ipynb", "broken.ipynb", "words.ipynb"}
    assert [len(case) for case in suites["good.ipynb"]] == [0]
    assert suites["broken.ipynb"].find("testcase/error") is not None
    failure = suites["a, b:c/50%.ipynb"].find("testcase/failure")
    assert failure is not None
    assert failure.attrib["type"] == "error"
    counts = {name: sum(int(suite.attrib[name]) for suite in root) for name in ("tests", "failures", "errors")}
    assert counts == {name: int(root.attrib[name]) for name in counts}


def test_junit_is_xml_whatever_the_message_shows() -> None:
    message = "cell 0 shows \x00\x1b[31m <&> \ud800"
    one = Diagnostic(Path("a\x07.ipynb"), "HS101", "a", "error", Location(0, 1, 1), message, "")
    root = ET.fromstring(junit.document(Found(diagnostics=(one,), checked=(one.path,))))  # noqa: S314 - our own
    assert "<&>" in (root.findtext("testsuite/testcase/failure") or "")


def test_frames_show_both_places(capsys: Capture) -> None:
    run(["lint", "a, b:c", "--show-source"])
    *lines, fix = capsys.readouterr().out.splitlines()[1:9]
    assert "\n".join(lines) == (
        "   --> cell 1, line 2\n"
        "    1 | y = [\n"
        "    2 |     plt,\n"
        "      |     ^^^\n"
        "   --> cell 2, line 1\n"
        "    1 | print(plt)  # é\n"
        "      |       ^^^"
    )
    assert re.fullmatch(r"    = fix( \(--unsafe-fixes\))?: Insert `import matplotlib.pyplot as plt`", fix)


def test_statistics(capsys: Capture) -> None:
    run(["lint", "a, b:c", "words.ipynb", "--select", "HS102", "--statistics"])
    assert capsys.readouterr().out == "2  HS102  [ ]  read-of-undefined\n"
    run(["lint", "a, b:c", "--select", "HS102", "--statistics", "--format", "json"])
    rows = json.loads(capsys.readouterr().out)
    assert rows == [{"code": "HS102", "name": "read-of-undefined", "count": 1, "fixable": True}]


def test_an_output_file_is_written_instead(folder: Path, capsys: Capture) -> None:
    printed = _printed("json", capsys)
    assert _printed("json", capsys, "--output-file", "found.json") == ""
    assert (folder / "found.json").read_text(encoding="utf-8") == printed
