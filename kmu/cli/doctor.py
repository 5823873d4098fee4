"""Shows versions and devices, says what is missing, and how to mend it."""

import argparse
import json
import os
import platform
import re
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from kmu._version import __version__
from kmu.progress import silenced

if TYPE_CHECKING:
    from packaging.requirements import Requirement

HELP = "show versions and devices, what is missing and how to mend it"

# Extras that add a feature, as opposed to tools for developing kmu.
_DEVELOPMENT_EXTRAS = ("test", "dev")


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    Attributes:
        name: what was looked at.
        state: ``ok``, ``missing`` (an optional feature), ``clash`` (two packages that cannot live
            together; what one of them does may fail), or ``broken`` (kmu cannot work).
        detail: what was found.
        mend: what to do about it; empty where nothing needs doing.
    """

    name: str
    state: str
    detail: str
    mend: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``kmu doctor``."""
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Prints all findings; returns 1 if kmu cannot work as it is installed."""
    findings = examine()
    if arguments.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        width = max(len(finding.name) for finding in findings)
        for finding in findings:
            print(f"{finding.state:<8}{finding.name:<{width}}  {finding.detail}")
            if finding.mend:
                print(f"{'':8}{'':{width}}  -> {finding.mend}")
    return int(any(finding.state == "broken" for finding in findings))


def examine() -> list[Finding]:
    """Looks at everything kmu needs: Python, packages, devices, memory, the shipped model."""
    return [
        _python(),
        Finding("kmu", "ok", f"{__version__} in {Path(__file__).parents[1]}"),
        *_packages(),
        *_devices(),
        _model(),
    ]


def _python() -> Finding:
    found = f"{platform.python_version()} ({sys.executable}) on {platform.platform()}"
    return Finding("python", "ok", found)


def _packages() -> list[Finding]:
    """Compares what is installed with what kmu's own metadata asks for, extra by extra."""
    from packaging.requirements import Requirement

    try:
        declared = metadata.requires("kmu") or []
    except metadata.PackageNotFoundError:
        return [
            Finding(
                "packages",
                "broken",
                "kmu is not installed, only on the path",
                "run: pip install . (in the folder with setup.cfg)",
            )
        ]
    lacking: dict[str, list[str]] = {}
    findings = []
    for requirement in map(Requirement, declared):
        extra = _extra_of(requirement)
        if extra in _DEVELOPMENT_EXTRAS:
            continue
        installed = _installed_version(requirement.name)
        fits = installed is not None and requirement.specifier.contains(installed, True)
        if extra:
            lacking.setdefault(extra, [])
            if not fits:
                lacking[extra].append(f"{requirement.name}{requirement.specifier}")
        elif fits:
            findings.append(Finding(requirement.name, "ok", str(installed)))
        else:
            wanted = f"{requirement.name}{requirement.specifier}"
            findings.append(
                Finding(
                    requirement.name,
                    "broken",
                    f"{installed or 'not installed'}; kmu needs {wanted}",
                    f"run: pip install '{wanted}'",
                )
            )
    for extra, names in sorted(lacking.items()):
        name = f"extra {extra}"
        if names:
            mend = f"for this feature run: pip install 'kmu[{extra}]'"
            findings.append(Finding(name, "missing", f"lacks {', '.join(names)}", mend))
        else:
            findings.append(Finding(name, "ok", "installed"))
    return [*findings, *_clashes(map(Requirement, declared))]


def _clashes(declared: Iterable["Requirement"]) -> list[Finding]:
    """Packages of kmu, or of its extras, that ask for another version of a package than is there.

    Such are the extras batch and serve where Beam and Ray ask for different versions of protobuf.
    """
    from packaging.requirements import Requirement

    asking = {one.name: _extra_of(one) for one in declared if _installed_version(one.name)}
    findings = []
    for name, extra in asking.items():
        for needed in map(Requirement, metadata.requires(name) or []):
            there = _installed_version(needed.name)
            applies = needed.marker is None or needed.marker.evaluate({"extra": ""})
            if there and applies and not needed.specifier.contains(there, True):
                findings.append(
                    Finding(
                        name,
                        "clash",
                        f"needs {needed.name}{needed.specifier}; {there} is installed",
                        "what needs it wants an environment of its own: python -m venv ENV && "
                        f"ENV/bin/pip install 'kmu{f'[{extra}]' if extra else ''}'",
                    )
                )
    return findings


def _extra_of(requirement: "Requirement") -> str:
    """The extra that asks for a requirement, or an empty string if kmu always needs it."""
    named = re.search(r"extra\s*==\s*['\"]([^'\"]+)", str(requirement.marker or ""))
    return named.group(1) if named else ""


def _installed_version(name: str) -> str | None:
    # tensorflow-cpu and others are the same module under another distribution name.
    alternatives = {"tensorflow": ("tensorflow", "tensorflow-cpu", "tf-nightly")}
    for candidate in alternatives.get(name, (name,)):
        try:
            return metadata.version(candidate)
        except metadata.PackageNotFoundError:
            continue
    return None


def _devices() -> list[Finding]:
    """Cores, memory, and what TensorFlow sees."""
    memory = _memory_gib()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    size = f"{memory:.1f} GiB of memory" if memory else "memory unknown"
    findings = [Finding("machine", "ok", f"{cores} cores, {size}")]
    try:
        with silenced():
            import keras
            import tensorflow as tf

            gpus = [device.name for device in tf.config.list_physical_devices("GPU")]
    except Exception as error:
        return [
            *findings,
            Finding(
                "devices",
                "broken",
                f"TensorFlow or Keras does not import: {type(error).__name__}: {error}",
                "run: pip install --upgrade --force-reinstall tensorflow keras",
            ),
        ]
    findings.append(Finding("keras backend", "ok", keras.backend.backend()))
    if gpus:
        findings.append(Finding("devices", "ok", f"{len(gpus)} GPU: {', '.join(gpus)}"))
    else:
        findings.append(
            Finding(
                "devices",
                "ok",
                "CPU only: fine for identifying and for the tiny and quick presets",
                "for the base preset on an NVIDIA GPU run: pip install 'tensorflow[and-cuda]'",
            )
        )
    return findings


def _memory_gib() -> float | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (AttributeError, OSError, ValueError):  # not on Windows
        return None


def _model() -> Finding:
    """Whether a trained model came with this installation."""
    import kmu

    folders = [Path(base) / "saved_models" for base in kmu.__path__]
    found = (path for folder in folders for path in folder.glob("*/*/saved_model.pb"))
    names = sorted({path.parent.parent.name for path in found})
    if "kmu" in names:
        return Finding("model", "ok", f"shipped: {', '.join(names)}")
    return Finding(
        "model",
        "missing",
        "no trained model came with this installation",
        "run: python -m kmu.train, then give kmu identify its --model runs/quick/saved_model",
    )
