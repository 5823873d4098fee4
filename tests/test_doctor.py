"""kmu doctor says what is there, what is missing, and how to mend it."""

import builtins
import json
from importlib import metadata

import pytest

from kmu import cli
from kmu.cli import doctor


def state_of(name: str) -> doctor.Finding:
    return next(finding for finding in doctor.examine() if finding.name == name)


def test_reports_versions_and_devices(capsys):
    code = cli.main(["doctor", "--json"])
    findings = {item["name"]: item for item in json.loads(capsys.readouterr().out)}
    broken = [item for item in findings.values() if item["state"] == "broken"]
    assert code == (1 if broken else 0)
    assert findings["numpy"]["detail"] == metadata.version("numpy")
    assert {"python", "kmu", "machine", "devices", "keras backend", "model"} <= set(findings)


def test_the_plain_report_has_one_line_a_finding(capsys, monkeypatch):
    monkeypatch.setattr(doctor, "_devices", list)
    cli.main(["doctor"])
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("ok      python") for line in lines)
    assert all(line.startswith(("ok ", "missing ", "broken ", " ")) for line in lines)


def test_a_missing_package_is_broken_and_can_be_mended(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "_devices", list)
    real = metadata.version

    def without_scipy(name):
        if name == "scipy":
            raise metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(doctor.metadata, "version", without_scipy)
    finding = state_of("scipy")
    assert finding.state == "broken"
    assert finding.mend.startswith("run: pip install 'scipy>=")
    assert cli.main(["doctor"]) == 1


def test_a_package_that_is_too_old_is_broken(monkeypatch):
    monkeypatch.setattr(doctor, "_devices", list)
    real = metadata.version
    monkeypatch.setattr(
        doctor.metadata, "version", lambda name: "1.0.0" if name == "h5py" else real(name)
    )
    assert state_of("h5py").state == "broken"
    assert "1.0.0; kmu needs h5py>=" in state_of("h5py").detail


def test_a_lacking_extra_is_no_fault(monkeypatch):
    monkeypatch.setattr(doctor, "_devices", list)
    monkeypatch.setattr(
        doctor.metadata,
        "requires",
        lambda _: ["numpy>=1", "no-such-package>=3; extra == 'serve'", "neither; extra == 'dev'"],
    )
    findings = doctor._packages()
    assert [(finding.name, finding.state) for finding in findings] == [
        ("numpy", "ok"),
        ("extra serve", "missing"),
    ]
    assert "pip install 'kmu[serve]'" in findings[1].mend


def test_packages_that_cannot_live_together_are_named(monkeypatch):
    asked = {
        "kmu": ["apache-beam>=2; extra == 'batch'", "ray>=2; extra == 'serve'"],
        "apache-beam": ["protobuf<7,>=3; python_version >= '3'", "protobuf<2; extra == 'old'"],
        "ray": ["protobuf>=3", "absent>=9"],
    }
    there = {"apache-beam": "2.77.0", "ray": "2.60.0", "protobuf": "7.1.0"}

    def version(name):
        if name not in there:
            raise metadata.PackageNotFoundError(name)
        return there[name]

    monkeypatch.setattr(doctor.metadata, "requires", asked.get)
    monkeypatch.setattr(doctor.metadata, "version", version)
    clashes = [finding for finding in doctor._packages() if finding.state == "clash"]
    assert [finding.name for finding in clashes] == ["apache-beam"]
    assert clashes[0].detail == "needs protobuf<7,>=3; 7.1.0 is installed"
    assert clashes[0].mend.endswith("pip install 'kmu[batch]'")


def test_a_tensorflow_that_does_not_import_is_reported(monkeypatch):
    real = builtins.__import__

    def broken(name, *rest):
        if name in ("tensorflow", "keras"):
            raise ImportError("libcuda.so.1: cannot open shared object file")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", broken)
    finding = next(item for item in doctor._devices() if item.name == "devices")
    assert finding.state == "broken"
    assert "libcuda" in finding.detail


@pytest.mark.parametrize("models", [[], ["kmu", "paper"]])
def test_shipped_models_are_named(models, monkeypatch, tmp_path):
    for name in models:
        folder = tmp_path / "saved_models" / name / "1"
        folder.mkdir(parents=True)
        (folder / "saved_model.pb").touch()
    monkeypatch.setattr("kmu.__path__", [str(tmp_path)])
    finding = doctor._model()
    assert finding.state == ("ok" if models else "missing")
    assert all(name in finding.detail for name in models)
    assert bool(finding.mend) == (not models)
