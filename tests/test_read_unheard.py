"""What may speak of a recording and is not read is never passed by in silence."""

import pickle

import h5py
import numpy as np
import pytest
import scipy.io
from made_recordings import twitching

from kmu.cli import main
from kmu.errors import InputError
from kmu.reading import read as read_recording
from kmu.reading.pairs import pairs

VELOCITY = twitching([(6, 5), (16, 14)], seconds=1.2)[0].velocity
SAID = {"axes": "tzx", "frame_rate": 250.0, "dz": 1.0, "dx": 0.5}
NESTED = "acquisition:\n  velocity:\n    unit: m/s\n  probes:\n    - L11\n"


def refused(path, **options):
    with pytest.raises(InputError) as error:
        read_recording(path, **options)
    assert "\n" not in str(error.value)
    return str(error.value)


def check_right(path, **options):
    read = read_recording(path, **options)
    np.testing.assert_allclose(read.velocity, VELOCITY, rtol=1e-5)
    assert (read.frame_rate, read.spacing) == (250.0, (1.0, 0.5))


def hdf5(path, **more):
    with h5py.File(path, "w") as file:
        file["v"] = VELOCITY * 1e-3
        file.attrs.update({**SAID, **more})
    return path


def test_a_pickled_dict_may_say_the_unit_which_must_then_be_given(tmp_path):
    path = tmp_path / "r.npz"
    np.savez(path, v=VELOCITY * 1e-3, **SAID, meta={"unit": "m/s"})
    sentence = refused(path)
    assert "'meta' is a pickled Python object, which kmu does not open" in sentence
    assert "give --unit" in sentence
    check_right(path, unit="m/s")


def test_inspect_proposes_the_unit_that_must_be_given(tmp_path, capsys):
    np.savez(tmp_path / "r.npz", v=VELOCITY, **SAID, meta={"unit": "m/s"})
    assert main(["inspect", str(tmp_path / "r.npz")]) == 0
    said = capsys.readouterr().out
    assert "not used, unit: " in said
    assert "--unit UNIT -o r.units.h5" in said


@pytest.mark.parametrize(
    ("left", "option"), [("dz", "--spacing"), ("frame_rate", "--frame-rate"), ("axes", "--axes")]
)
def test_what_a_pickled_object_may_say_too_is_asked_for(tmp_path, left, option):
    said = {name: value for name, value in SAID.items() if name != left}
    np.savez(tmp_path / "r.npz", v=VELOCITY, **said, info={left: SAID[left]})
    sentence = refused(tmp_path / "r.npz", unit="mm/s")
    assert "'info' is a pickled Python object" in sentence
    assert option in sentence


def test_a_pickled_list_of_firings_says_no_unit(tmp_path):
    firings = np.array([np.arange(3), np.arange(5)], object)
    np.savez(tmp_path / "r.npz", v=VELOCITY, **SAID, firings=firings)
    np.testing.assert_array_equal(read_recording(tmp_path / "r.npz").velocity, VELOCITY)


def test_iq_beside_a_pickled_object_needs_the_speed_of_sound(tmp_path):
    iq = np.exp(1j * np.random.default_rng(1).uniform(-3, 3, (300, 24, 40)))
    np.savez(tmp_path / "r.npz", iq=iq, **SAID, scan={"c": 1480.0}, fc=5e6)
    assert "--sound-speed" in refused(tmp_path / "r.npz", kind="iq")
    read_recording(tmp_path / "r.npz", kind="iq", sound_speed=1480.0, check_axes=False)


def test_a_dict_that_pytables_pickled_into_an_attribute_may_say_the_unit(tmp_path):
    tables = pytest.importorskip("tables")
    with tables.open_file(str(tmp_path / "r.h5"), "w") as file:
        array = file.create_array("/", "v", VELOCITY * 1e-3)
        for name, value in {**SAID, "probe": {"unit": "m/s"}}.items():
            array.attrs[name] = value
    sentence = refused(tmp_path / "r.h5")
    assert "'probe' is a pickled Python object, which kmu does not open" in sentence
    check_right(tmp_path / "r.h5", unit="m/s")


@pytest.mark.parametrize("form", ["fixed", "table"])
def test_a_frame_of_pandas_beside_the_array_may_say_the_unit(tmp_path, form):
    pytest.importorskip("tables")
    pandas = pytest.importorskip("pandas")
    path = hdf5(tmp_path / "r.h5")
    frame = pandas.DataFrame({"unit": ["m/s"], "gain": [2.0]})
    frame.to_hdf(path, key="settings", mode="a", format=form)
    assert "settings" in refused(path)
    check_right(path, unit="m/s")


@pytest.mark.parametrize("value", [pickle.dumps({"unit": "m/s"}, k) for k in (0, 2, 4)])
def test_a_pickled_attribute_is_known_by_its_bytes(tmp_path, value):
    assert "'meta' is a pickled Python" in refused(hdf5(tmp_path / "r.h5", meta=np.void(value)))


def test_a_pickled_file_is_not_called_damaged(tmp_path):
    np.save(tmp_path / "r.npy", {"v": VELOCITY}, allow_pickle=True)
    assert "holds pickled Python objects" in refused(tmp_path / "r.npy", axes="tzx")


XML = '<scan><frameRate>250</frameRate><param name="dz" value="1.0"/><dx unit="mm">0.5</dx>'


@pytest.mark.parametrize("place", ["attribute", "dataset", "beside", "variable"])
def test_xml_says_what_its_entries_say(tmp_path, place):
    text = XML + "<axes>tzx</axes><unit>m/s</unit></scan>"
    values, path = VELOCITY * 1e-3, tmp_path / ("r.mat" if place == "variable" else "r.h5")
    if place == "variable":
        scipy.io.savemat(path, {"v": values, "description": text})
    else:
        with h5py.File(path, "w") as file:
            file["v"] = values
            if place == "attribute":
                file.attrs["xml"] = text
            elif place == "dataset":
                file["metadata"] = text
    if place == "beside":
        (tmp_path / "r.xml").write_text('<?xml version="1.0"?>\n' + text)
    check_right(path)


def test_xml_whose_unit_may_be_anothers_is_asked_about(tmp_path):
    text = '<OME xmlns="http://a/b"><Image><Pixels PhysicalSizeX="0.5" Unit="m/s"/></Image></OME>'
    assert "'m/s', but it is not said of what" in refused(hdf5(tmp_path / "r.h5", xml=text))


def test_xml_of_many_elements_takes_no_long_time_and_a_huge_one_is_left_alone():
    many = "<a>" + "".join(f"<b>{k}</b>" for k in range(60_000)) + "</a>"
    assert pairs(many)["b"].shape == (60_000,)
    assert pairs("<a>" + "<b>1</b>" * 200_000 + "</a>") == {}
    assert pairs("<a>" * 100_000 + "</a>" * 100_000) == {}


def test_xml_becomes_entries_by_name():
    text = (
        '<a b="1"><c>2.5</c><d unit="cm">3</d><e><f>x</f></e><g>1</g><g>2</g>'
        '<h name="i" value="4" unit="mm"/></a>'
    )
    read = {name: value.tolist() for name, value in pairs(text).items()}
    assert read == {"b": 1, "c": 2.5, "d": "3.0 cm", "e.f": "x", "g": [1, 2], "i": "4.0 mm"}
    for broken in ("<a><b></a>", "<!DOCTYPE a [<!ENTITY b 'c'>]><a><d>&b;</d></a>", "<a>text</a>"):
        assert pairs(broken) == {}


@pytest.mark.parametrize("text", [NESTED, "<scan><unit>m/s</unit>", "Velocity is in m/s."])
def test_a_unit_in_a_text_that_is_in_no_known_form_is_asked_about(tmp_path, text):
    path = hdf5(tmp_path / "r.h5", notes=text)
    assert "'notes', which is not read, speaks of m/s; give --unit" in refused(path)
    check_right(path, unit="m/s")


@pytest.mark.parametrize(
    "text", ["Velocity in mm/s.", "sound travels at 1540 m/s", "Speed of sound (m/s): 1540", "10 m"]
)
def test_texts_that_speak_of_something_else_do_no_harm(tmp_path, text):
    read = read_recording(hdf5(tmp_path / "r.h5", notes=text))
    np.testing.assert_allclose(read.velocity, VELOCITY * 1e-3)


@pytest.mark.parametrize(
    "said",
    [
        {"data_unit": "m/s"},
        {"info": '{"value_unit": "m/s"}'},
        {"legend": ["velocity [m/s]", "b"]},
        {"info": '[{"unit": "m/s"}]'},
    ],
)
def test_a_unit_under_a_name_that_is_not_known_is_asked_about(tmp_path, said):
    assert "speaks of m/s; give --unit" in refused(hdf5(tmp_path / "r.h5", **said))
    np.savez(tmp_path / "r.npz", v=VELOCITY, **SAID, **said)
    assert "speaks of m/s; give --unit" in refused(tmp_path / "r.npz")


@pytest.mark.parametrize("name", ["sound_speed_unit", "c0_unit", "unit_c", "soundSpeedUnits"])
def test_the_unit_of_the_speed_of_sound_is_none_of_the_values(tmp_path, name):
    read = read_recording(hdf5(tmp_path / "r.h5", **{name: "m/s", "info": f'{{"{name}": "m/s"}}'}))
    np.testing.assert_allclose(read.velocity, VELOCITY * 1e-3)


def test_a_kind_in_a_text_that_is_in_no_known_form_is_asked_about(tmp_path):
    path = hdf5(tmp_path / "r.h5", notes="us:\n  kind: displacement\n  list:\n  - 1\n")
    assert "'kind: displacement'; give --kind" in refused(path)


@pytest.mark.parametrize("name", ["r.yaml", "r.yml"])
def test_lines_beside_a_recording_speak_of_it(tmp_path, name):
    (tmp_path / name).write_text("unit: m/s\nframe_rate: 250\n")
    check_right(hdf5(tmp_path / "r.h5"))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("r.yaml", NESTED),
        ("r.txt", "unit = m/s"),
        ("r_meta.json", '{"unit": "m/s"}'),
        ("r.h5.json", '{"us": {"velocity_unit": "m/s"}}'),
        ("metadata.xml", "<a><unit>m/s</unit></a>"),
        ("acquisition_settings.ini", "[probe]\nunit = m/s\n"),
    ],
)
def test_files_of_metadata_that_are_not_read_and_give_another_unit_are_named(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    path = hdf5(tmp_path / "r.h5")
    sentence = refused(path)
    assert f"{name} beside it, which is not read, speaks of m/s; give --unit" in sentence
    check_right(path, unit="m/s")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("other.json", '{"unit": "m/s"}'),
        ("r_meta.json", '{"sound_speed_unit": "m/s", "unit": "mm/s"}'),
        ("metadata.json", '{"probe": "L11 \\u00b5"}'),
        ("info.txt", "sound: 1540 m/s"),
    ],
)
def test_files_beside_that_speak_of_something_else_do_no_harm(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    read = read_recording(hdf5(tmp_path / "r.h5"))
    np.testing.assert_allclose(read.velocity, VELOCITY * 1e-3)
