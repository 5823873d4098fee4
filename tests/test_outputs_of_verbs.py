"""Outputs of all verbs: no input under another name, tried before the work, kept as a link."""

from pathlib import Path

import pytest
from test_outputs import assert_refused
from test_write import made

from kmu.cli import main
from kmu.config import TRAINING_PRESETS
from kmu.config.simulation import SIMULATION_PRESETS

EXPORTED = {
    "matlab": ("out.mat",),
    "csv": ("out.csv", "out.firings.csv", "out.provenance.json"),
    "openhdemg": ("out.json",),
    "bids": ("out_events.tsv", "out_events.json"),
    "hdf5": ("out.h5",),
}


def assert_linked_outputs_are_refused(capsys, folder, names, given, *command):
    """Each output in turn is a link to the input."""
    for name in names:
        link = folder / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(given)
        assert_refused(capsys, [given], *command)
        link.unlink()


def test_what_is_made_from_a_stem_or_a_folder_is_no_input(tmp_path, capsys):
    found, stem = tmp_path / "f.h5", tmp_path / "out"
    made(2).save(found)
    for form, names in EXPORTED.items():
        command = ("export", found, "--to", form, "-o", stem)
        assert_linked_outputs_are_refused(capsys, tmp_path, names, found, *command)
    drawn = ("figure", found, "--kind", "raster", "unit", "--format", "svg", "-o", stem)
    names = ("out.raster.svg", "out.unit1.svg")
    assert_linked_outputs_are_refused(capsys, tmp_path, names, found, *drawn)
    tracked = ("track", found, tmp_path / "g.h5", "-o", tmp_path / "t.h5")
    made(2).save(tmp_path / "g.h5")
    names = ("t.h5", "t.csv", "t.png")
    assert_linked_outputs_are_refused(capsys, tmp_path, names, found, *tracked)


def test_a_search_and_a_training_spare_what_they_are_given(tmp_path, capsys):
    config, family = tmp_path / "c.json", tmp_path / "f.json"
    config.write_text(TRAINING_PRESETS["tiny"].to_json())
    family.write_text(SIMULATION_PRESETS["tiny"].to_json())
    tuned = ("best.json", "trials.json", "search.json", "summary.md", "summary.png")
    trained = ("checkpoint.npz", "metrics.json", "reliability.json", "saved_model/1/saved_model.pb")
    out = tmp_path / "run"
    for option, given in (("--config", config), ("--family", family)):
        command = ("tune", "--trials", "1", option, given, "--out", out)
        assert_linked_outputs_are_refused(capsys, out, tuned, given, *command)
        command = ("train", option, given, "--out", out)
        assert_linked_outputs_are_refused(capsys, out, trained, given, *command)
    command = ("train", "--family", family, "--out", out)
    assert_linked_outputs_are_refused(capsys, out, ("config.json",), family, *command)


def test_a_training_does_not_write_over_the_model_it_starts_from(tmp_path, capsys):
    model = tmp_path / "run" / "saved_model" / "1" / "saved_model.pb"
    model.parent.mkdir(parents=True)
    model.write_bytes(b"x")
    command = ("train", "--preset", "tiny", "--from", model.parent, "--out", tmp_path / "run")
    assert_refused(capsys, [model], *command)


def test_a_training_does_not_write_over_its_recordings(tmp_path, capsys):
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "metrics.json").symlink_to(folder / "a.h5")
    (folder / "a.h5").write_bytes(b"x")
    made(1).save(folder / "a.truth.h5")
    command = ("train", "--preset", "tiny", "--recordings", folder, "--out", folder)
    assert_refused(capsys, [folder / "a.h5"], *command)


def test_a_benchmark_does_not_write_over_its_recordings(tmp_path, capsys):
    folder, out = tmp_path / "own", tmp_path / "out"
    folder.mkdir()
    (folder / "a.h5").write_bytes(b"x")
    made(1).save(folder / "a.truth.h5")
    command = ("benchmark", "--families", folder, "--methods", "sta_oracle", "--out", out)
    names = ("benchmark.json", "benchmark.csv")
    assert_linked_outputs_are_refused(capsys, out, names, folder / "a.h5", *command)


WHERE = {
    "a folder": lambda place: place,
    "below a file": lambda place: place / "file" / "new",
    "where nothing can be written": lambda place: Path("/proc/self/new"),
    "write-protected": lambda place: place / "protected",
}
# Every output of every verb, with inputs that are there and hold nothing: what is said of the
# output was said before they were looked at.
WRITING = {
    "identify -o": ("identify", "r.npy", "-o", "?.h5"),
    "identify --figure": ("identify", "r.npy", "-o", "n.h5", "--figure", "?.png"),
    "identify --report": ("identify", "r.npy", "-o", "n.h5", "--report", "?.html"),
    "check -o": ("check", "r.npy", "u.h5", "-o", "?.json"),
    "check --report": ("check", "r.npy", "u.h5", "--report", "?.html"),
    "report -o": ("report", "u.h5", "-o", "?.html"),
    "curate -o": ("curate", "u.h5", "--edits", "e.json", "-o", "?.h5"),
    "compare --json": ("compare", "u.h5", "v.h5", "--json", "?.json"),
    "track -o": ("track", "u.h5", "v.h5", "-o", "?.h5"),
    "track --figure": ("track", "u.h5", "v.h5", "-o", "n.h5", "--figure", "?.png"),
    "export -o": ("export", "u.h5", "--to", "openhdemg", "-o", "?.json"),
    "figure -o": ("figure", "units.h5", "-o", "?.overview.pdf"),
    "stream -o": ("stream", "r.npy", "-o", "?.h5"),
    "simulate -o": ("simulate", "--preset", "tiny", "-o", "?.h5"),
    "simulate --truth": ("simulate", "--preset", "tiny", "-o", "n.h5", "--truth", "?.h5"),
    "simulate --iq": ("simulate", "--preset", "tiny", "-o", "n.h5", "--iq", "?.h5"),
    "simulate --repeat": ("simulate", "--preset", "tiny", "--repeat", "1", "-o", "?.1.h5"),
    "train --out": ("train", "--preset", "tiny", "--out", "?/metrics.json"),
    "tune --out": ("tune", "--trials", "1", "--out", "?/best.json"),
}


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("how", WRITING)
def test_every_output_is_tried_before_the_work(tmp_path, monkeypatch, capsys, how, where):
    monkeypatch.chdir(tmp_path)
    made(1).save("units.h5")
    for name in ("r.npy", "u.h5", "v.h5", "e.json", "file"):
        Path(name).write_text("x")
    *command, last = WRITING[how]
    output = WHERE[where](tmp_path)
    # What stands behind the mark is the name's ending, which the verb itself may add.
    ending = last.removeprefix("?")
    in_folder = ending.startswith("/")
    place = output / ending[1:] if in_folder else output.with_name(output.name + ending)
    if where == "a folder" and how == "identify -o":
        pytest.skip("a folder is where results go")
    if where == "a folder":
        place = tmp_path / f"d{ending}" if not in_folder else tmp_path / "d" / ending[1:]
        place.mkdir(parents=True)
    elif where == "write-protected":
        place.parent.mkdir(exist_ok=True)
        place.write_text("kept")
        place.chmod(0o444)
    given = place.parent if in_folder else place
    added = {"export -o": ".json", "figure -o": ".overview.pdf", "simulate --repeat": ".1.h5"}
    if how in added:
        end = ".h5" if how == "simulate --repeat" else ""
        given = place.with_name(place.name.removesuffix(added[how]) + end)
    before = sorted(tmp_path.rglob("*"))
    assert main([*command, str(given)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    cause = {"a folder": "is a folder", "write-protected": "is write-protected"}
    assert cause.get(where, "cannot write") in said
    assert sorted(tmp_path.rglob("*")) == before
    if where == "write-protected":
        assert place.read_text() == "kept"


@pytest.mark.parametrize(
    ("command", "names"),
    [
        (("compare", "u.h5", "v.h5", "--json", "o.json"), ("o.json",)),
        (("curate", "u.h5", "--edits", "e.json", "-o", "o.h5"), ("o.h5",)),
        (("figure", "u.h5", "--format", "png", "-o", "o"), ("o.overview.png",)),
        (("report", "u.h5", "-o", "o.html"), ("o.html",)),
        (("track", "u.h5", "v.h5", "-o", "o.h5"), ("o.h5", "o.csv", "o.png")),
        (("simulate", "--preset", "tiny", "-o", "o.h5", "--truth", "p.h5", "--iq", "q.h5"),
         ("o.h5", "p.h5", "q.h5")),
        *((("export", "u.h5", "--to", form, "-o", "out"), names)
          for form, names in EXPORTED.items()),
    ],
    ids=lambda value: value[0] if "." not in value[0] else "",
)  # fmt: skip
def test_an_output_that_is_a_link_stays_one_and_its_target_is_renewed(
    tmp_path, monkeypatch, command, names
):
    monkeypatch.chdir(tmp_path)
    made(2).save("u.h5")
    made(2).save("v.h5")
    Path("e.json").write_text('{"edits": []}')
    Path("targets").mkdir()
    for name in names:
        (Path("targets") / name).write_text("old")
        Path(name).symlink_to(Path("targets") / name)
    assert main([*command]) == 0
    for name in names:
        assert Path(name).is_symlink()
        assert (Path("targets") / name).read_bytes() != b"old"
