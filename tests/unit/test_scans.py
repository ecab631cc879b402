"""The lists of what ships are complete, and a scanner's silence is never taken for good news."""

import hashlib
import json
import tarfile
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import distribution
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any
from zipfile import ZipFile

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

import build_layer
from local import ROOT
from scans import findings, licences, packages, sbom, templates, vulnerabilities
from scans.findings import Finding, Justified, verdict
from scans.vulnerabilities import Looked

LAYERS = {"consent_core": packages.layer_packages(), "consent_console": packages.console_packages()}

# --- The bill of materials --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bill() -> dict[str, Any]:
    return sbom.bill_of_materials()


def test_the_bill_is_valid_and_the_same_each_time(bill: dict[str, Any]) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(sbom.text()) is None
    assert json.loads(sbom.text()) == bill
    assert sbom.text() == sbom.text()
    assert bill.keys() == {"$schema", "bomFormat", "specVersion", "version", "metadata", "components", "dependencies"}


def test_the_validator_refuses_what_is_no_bill(bill: dict[str, Any]) -> None:
    wrong = json.dumps({**bill, "components": [{"name": "no type"}]})
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(wrong) is not None


def test_the_bill_has_every_package_of_the_locks_with_its_hashes(bill: dict[str, Any]) -> None:
    listed = {each["purl"]: each for each in bill["components"] if "purl" in each}
    for package in every_package():
        component = listed[f"pkg:pypi/{package.locked.name}@{package.locked.version}"]
        assert [each["content"] for each in component["hashes"]] == list(package.locked.hashes)
        assert component["licenses"] == [{"expression": package.licence}]
    for layer, found in LAYERS.items():
        lock = (ROOT / "layers" / layer / "requirements.txt").read_text("utf-8")
        assert [f"{each.locked.name}=={each.locked.version}" for each in found] == [
            line.removesuffix(" \\") for line in lock.splitlines() if "==" in line
        ]
        assert sum(len(each.locked.hashes) for each in found) == lock.count("--hash=sha256:")


def test_no_package_is_in_both_layers() -> None:
    """A function of the console has both, and Python would take whichever lies first."""
    core, console = ({each.locked.name for each in found} for found in LAYERS.values())
    assert core & console == set()


def test_the_bill_has_our_own_parts(bill: dict[str, Any]) -> None:
    version = packages.project()["version"]
    ours = {each["name"]: each for each in bill["components"] if "purl" not in each}
    assert list(ours) == ["consent-core", "consent-console", "consent-ops", "dastra.js", "consent-platform-wordpress"]
    assert {each["version"] for each in ours.values()} == {version}
    bundle = (ROOT / "functions" / "widget_sdk" / "dastra.js").read_bytes()
    assert ours["dastra.js"]["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(bundle).hexdigest()}]


def test_the_graph_leads_from_the_platform_to_every_component(bill: dict[str, Any]) -> None:
    graph = {each["ref"]: each["dependsOn"] for each in bill["dependencies"]}
    reached, waiting = set[str](), [bill["metadata"]["component"]["bom-ref"]]
    while waiting:
        ref = waiting.pop()
        if ref not in reached:
            reached.add(ref)
            waiting += graph[ref]
    assert reached == graph.keys() == {each["bom-ref"] for each in (*bill["components"], bill["metadata"]["component"])}


def test_the_sdk_bundles_no_package() -> None:
    package = json.loads((ROOT / "sdk" / "package.json").read_text("utf-8"))
    assert "dependencies" not in package
    sources = json.loads((ROOT / "functions" / "widget_sdk" / "dastra.js.map").read_text("utf-8"))["sources"]
    assert [source for source in sources if "node_modules" in source] == []
    assert len(sources) > 20


def test_the_operators_package_has_no_part_of_the_console(tmp_path: Path) -> None:
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    packages_in = {Path(name).parts[0] for name in ZipFile(wheel).namelist()}
    assert {name for name in packages_in if not name.endswith(".dist-info")} == {"consent_core", "consent_ops"}
    (sources,) = SdistBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with tarfile.open(sources) as archive:
        layers = {path.parts[2] for path in map(Path, archive.getnames()) if path.parts[1] == "layers"}
    assert layers == {"consent_core"}


@pytest.mark.parametrize("layer", ["consent_core", "consent_console"])
def test_a_layer_is_installed_by_hashes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layer: str) -> None:
    commands: list[list[object]] = []
    monkeypatch.setattr("subprocess.run", lambda command, **_: commands.append(command))
    build_layer.install(tmp_path, [], layer)

    (command,) = commands
    assert {"--require-hashes", "--only-binary=:all:"} <= {*command}
    assert command[-1] == ROOT / "layers" / layer / "requirements.txt"


# --- Licences ---------------------------------------------------------------------------------------------------------


def every_package() -> Sequence[packages.Package]:
    return [*packages.layer_packages(), *packages.console_packages(), *packages.ops_packages()]


def test_the_page_of_licences_is_generated() -> None:
    assert licences.PAGE.read_text("utf-8") == licences.page(), "run `make licences`"


def test_every_package_ships_under_an_allowed_licence() -> None:
    named = {each.locked.name: licences.symbols(each.licence) for each in every_package()}
    assert {name: found - licences.ALLOWED for name, found in named.items() if not found <= licences.ALLOWED} == {}
    assert frozenset.union(*named.values()) >= {"Apache-2.0", "BSD-3-Clause", "MPL-2.0"}


def test_the_libraries_on_the_pages_of_tests_are_under_an_allowed_licence_and_name_no_registry() -> None:
    lock = json.loads((ROOT / "tests/browser/world/package-lock.json").read_text("utf-8"))
    locked = {name: each for name, each in lock["packages"].items() if name}
    licensed = {name: licences.symbols(each["license"]) for name, each in locked.items()}

    assert {name: found for name, found in licensed.items() if not found <= licences.ALLOWED} == {}
    assert [name for name, each in locked.items() if "resolved" in each] == []


def test_the_notice_names_the_same_licences() -> None:
    notice = (ROOT / "NOTICE").read_text("utf-8")
    for package in (*packages.layer_packages(), *packages.console_packages()):
        (line,) = (each for each in notice.splitlines() if each.startswith(f"  {package.locked.name} "))
        assert package.licence.replace(" AND ", " and ").replace(" OR ", " or ") in line


def test_the_installed_packages_are_those_of_the_locks() -> None:
    """A package of several parts has one version, which is the one that the tests have."""
    versions = {(each.locked.name, each.locked.version) for each in every_package()}
    assert [name for name, version in versions if distribution(name).version != version] == []
    assert len(versions) == len({name for name, _ in versions})


# --- Findings and exceptions ------------------------------------------------------------------------------------------

KEY = Finding("AWS Access Key", "tests/unit/test_aws.py", 7, "value-of-it")
ALLOWED = Justified("AWS Access Key", "tests/*", "An example.", value="value-.*")


def test_a_justified_finding_is_no_fault() -> None:
    assert verdict([KEY], [ALLOWED]) == []


@pytest.mark.parametrize(
    "finding",
    [
        replace(KEY, kind="Private Key"),
        replace(KEY, place="ops/tests/unit.py"),
        replace(KEY, value="another"),
        replace(KEY, value="a value-of-it"),
    ],
    ids=["kind", "place", "value", "part of the value"],
)
def test_another_finding_is_a_fault_and_its_value_is_not_shown(finding: Finding) -> None:
    faults = verdict([KEY, finding], [ALLOWED])
    assert faults == [f"{finding.place}:7: {finding.kind}"]


def test_an_exception_that_nothing_needs_is_a_fault() -> None:
    assert verdict([], [ALLOWED]) == ["exceptions.toml: AWS Access Key at tests/* is not found any more: remove it"]


@pytest.mark.parametrize("scan", ["secrets", "templates"])
def test_every_exception_has_a_reason(scan: str) -> None:
    exceptions = findings.justified(scan)
    assert len(exceptions) > 5
    assert [each for each in exceptions if len(each.reason.split()) < 3 or not each.reason.endswith(".")] == []


# --- Templates --------------------------------------------------------------------------------------------------------


def checkov(**results: object) -> dict[str, Any]:
    return {"results": {"passed_checks": [], "failed_checks": [], "parsing_errors": [], **results}}


def test_a_file_that_the_scanner_cannot_read_is_named() -> None:
    assert templates.unread([checkov(passed_checks=["one"])]) == []
    assert templates.unread([checkov(passed_checks=["one"]), checkov(parsing_errors=["template.yaml"])]) == [
        "template.yaml"
    ]


def test_a_scanner_that_checks_nothing_is_a_fault() -> None:
    assert templates.unread([checkov(), {"passed": 0, "resource_count": 0}]) == ["any file"]


def test_every_template_and_workflow_is_scanned() -> None:
    names = [str(path.relative_to(ROOT)) for path in templates.scanned()]
    assert {"template.yaml", "monitoring.yaml", ".github/workflows/ci.yml"} <= set(names)
    assert [name for name in names if "openapi" in name] == []


# --- Vulnerabilities --------------------------------------------------------------------------------------------------


def ended(stdout: object, stderr: str = "") -> "CompletedProcess[str]":
    return CompletedProcess([], 0, stdout if isinstance(stdout, str) else json.dumps(stdout), stderr)


IDNA = {"name": "idna", "version": "3.20", "vulns": []}
BAD = {"name": "six", "version": "1.0", "vulns": [{"id": "PYSEC-1"}, {"id": "PYSEC-2"}]}
SKIPPED = {"name": "boto3", "skip_reason": "Dependency not found and could not be audited"}


@pytest.mark.parametrize(
    ("answer", "known", "unknown", "code"),
    [
        ([IDNA], [], [], 0),
        ([IDNA, BAD], ["six 1.0: PYSEC-1", "six 1.0: PYSEC-2"], [], 1),
        ([IDNA, SKIPPED], [], ["boto3"], 2),
        ([BAD, SKIPPED], ["six 1.0: PYSEC-1", "six 1.0: PYSEC-2"], ["boto3"], 1),
        ([], [], ["pip-audit failed, No route to host"], 2),
    ],
    ids=["none", "some", "skipped", "both", "nothing"],
)
def test_a_package_that_was_not_looked_up_is_not_called_safe(
    answer: list[object], known: list[str], unknown: list[str], code: int
) -> None:
    looked = vulnerabilities.of_pip_audit("a lock", ended({"dependencies": answer}, "Traceback\nNo route to host\n"))
    assert (looked.known, looked.unknown) == (known, unknown)
    assert vulnerabilities.exit_code([Looked("another"), looked]) == code


def test_no_answer_is_no_answer() -> None:
    assert vulnerabilities.of_pip_audit("a lock", ended("")).unknown == ["pip-audit failed, without a word"]
    refused = vulnerabilities.of_npm_audit("the SDK", ended({"message": "405 Method Not Allowed", "statusCode": 405}))
    assert list(refused.lines()) == [
        "the SDK: 0 looked up, 0 known vulnerabilities",
        "  could not look: npm audit failed, 405 Method Not Allowed",
    ]
    assert vulnerabilities.exit_code([refused]) == 2


def test_what_npm_knows_is_told() -> None:
    answer = {
        "metadata": {"dependencies": {"total": 20}},
        "vulnerabilities": {"esbuild": {"range": "<=0.24.2", "severity": "moderate"}},
    }
    looked = vulnerabilities.of_npm_audit("the SDK", ended(answer))
    assert (looked.packages, looked.known) == (20, ["esbuild <=0.24.2: moderate"])
