"""What makes a first installation work: the same packages for uv and conda, wheels for Windows, short legal paths."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

from evaltools import manifests

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent

CONDA_NAMES = {"matplotlib-base": "matplotlib"}
"""Packages that conda-forge calls otherwise than PyPI does."""

NEEDED_BY_NAME = {"jupyterlab", "pandas", "statsmodels", "seaborn", "papermill"}

SOURCE_ONLY: dict[str, str] = {}
"""Locked packages without a wheel for Windows, with the reason why building them there needs no compiler."""


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def locked() -> list[dict[str, Any]]:
    return list(tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"])


def bounds(texts: list[str]) -> dict[str, SpecifierSet]:
    found = {}
    for text in texts:
        requirement = Requirement(text)
        name = canonicalize_name(requirement.name)
        found[CONDA_NAMES.get(name, name)] = requirement.specifier
    return found


def conda() -> tuple[dict[str, SpecifierSet], list[str]]:
    content = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    names = [entry for entry in content["dependencies"] if isinstance(entry, str)]
    (pip,) = (entry["pip"] for entry in content["dependencies"] if isinstance(entry, dict))
    editable = [entry for entry in pip if entry.startswith("-e")]
    return bounds(names + [entry for entry in pip if entry not in editable]), editable


def test_conda_users_get_the_same_packages_with_the_same_bounds() -> None:
    found, editable = conda()
    assert editable == ["-e ."]
    assert found.pop("pip") == SpecifierSet()
    assert found.pop("python") == SpecifierSet(project()["project"]["requires-python"])
    assert found == bounds(project()["project"]["dependencies"])
    assert found.keys() >= NEEDED_BY_NAME


def test_the_locked_versions_lie_in_both_bounds() -> None:
    versions: dict[str, list[Version]] = {}
    for package in locked():
        versions.setdefault(package["name"], []).append(Version(package["version"]))
    found, _ = conda()
    del found["pip"], found["python"]
    for name, specifier in found.items():
        assert versions[name], name
        assert all(version in specifier for version in versions[name]), name


def test_every_dependency_states_why_it_is_there() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = re.search(r"^dependencies = \[\n(.*?)^\]", text, re.DOTALL | re.MULTILINE)
    assert block is not None
    lines = block.group(1).splitlines()
    assert len(lines) == len(project()["project"]["dependencies"])
    assert [line for line in lines if not re.search(r'",\s+# \S+', line)] == []


def test_packages_whose_versions_shape_a_page_are_dependencies() -> None:
    assert set(manifests.SHAPING) <= bounds(project()["project"]["dependencies"]).keys()


def needed_on_windows(python: str) -> Iterator[dict[str, Any]]:
    """The locked packages that `uv run` installs on Windows, development tools included."""
    environment = {
        "os_name": "nt",
        "sys_platform": "win32",
        "platform_system": "Windows",
        "platform_machine": "AMD64",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "python_version": python,
        "python_full_version": f"{python}.9",
        "extra": "",
    }
    packages: dict[str, list[dict[str, Any]]] = {}
    for package in locked():
        packages.setdefault(package["name"], []).append(package)
    waiting: list[dict[str, Any]] = [{"name": "evaltools"}]
    seen = set()
    while waiting:
        wanted = waiting.pop()
        (package,) = (
            package for package in packages[wanted["name"]] if wanted.get("version") in (None, package["version"])
        )
        for extra in ("", *wanted.get("extra", [])):
            if (package["name"], package["version"], extra) in seen:
                continue
            seen.add((package["name"], package["version"], extra))
            if not extra:
                yield package
            further = package.get("optional-dependencies", {}).get(extra, [])
            if not extra:
                further = [*package.get("dependencies", []), *package.get("dev-dependencies", {}).get("dev", [])]
            waiting += [
                entry for entry in further if "marker" not in entry or Marker(entry["marker"]).evaluate(environment)
            ]


def windows_tags(python: str) -> frozenset[Tag]:
    version = tuple(int(part) for part in python.split("."))
    interpreter = f"cp{version[0]}{version[1]}"
    tags = {*cpython_tags(version, platforms=["win_amd64"])}
    return frozenset(tags.union(compatible_tags(version, interpreter, ["win_amd64"])))


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
def test_windows_needs_no_compiler(python: str) -> None:
    tags = windows_tags(python)
    packages = list(needed_on_windows(python))
    assert {"papermill", "pandas", "jupyterlab", "pytest"} <= {package["name"] for package in packages}
    without = [
        package["name"]
        for package in packages
        if package["name"] != "evaltools"
        and not any(
            tags.intersection(parse_wheel_filename(wheel["url"].rsplit("/", 1)[1])[3])
            for wheel in package.get("wheels", [])
        )
    ]
    assert without == sorted(SOURCE_ONLY)


def test_files_of_the_repository_have_short_names_that_windows_allows() -> None:
    skipped = {".git", ".venv", "reports", "__pycache__"}
    paths = [
        path.relative_to(ROOT)
        for top in ROOT.iterdir()
        if top.name not in skipped and not top.name.endswith("_cache")
        for path in (top, *top.rglob("*"))
        if not skipped.intersection(path.relative_to(ROOT).parts)
    ]
    assert Path("evaltools/runs.py") in paths
    for path in paths:
        assert len(str(path)) <= 120, path
        for part in path.parts:
            assert not re.search(r'[:*?"<>|\\]|[. ]$', part), path
            assert part.split(".")[0].upper() not in {"CON", "PRN", "AUX", "NUL", "COM1", "LPT1"}, path


def test_ruff_refuses_a_text_file_opened_without_its_encoding() -> None:
    chosen = project()["tool"]["ruff"]["lint"]
    assert "PLW1514" in chosen["select"] and chosen["preview"] is True


def test_a_test_that_leaves_an_encoding_to_the_system_fails(tmp_path: Path) -> None:
    careless = tmp_path / "test_careless.py"
    careless.write_text("def test_it(tmp_path):\n    (tmp_path / 'x').write_text('x')\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "-p", "conftest", str(careless)]
    ran = subprocess.run(command, cwd=ROOT / "tests", capture_output=True, encoding="utf-8", check=False)
    assert ran.returncode == 1
    assert "EncodingWarning: 'encoding' argument not specified" in ran.stdout
