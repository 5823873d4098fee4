"""Results are written whole or not at all, on a full disk too."""

import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

from made_units import made

from kmu.motor_units import MotorUnits
from kmu.writing import FORMATS, write_result

_FULL_DISK = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
sys.path.insert(0, sys.argv[1])
from test_write import made, write_result
from kmu.errors import InputError
units = made(60)
resource.setrlimit(resource.RLIMIT_FSIZE, (8000, 8000))
for form in sys.argv[3:]:
    try:
        write_result(units, sys.argv[2], form)
    except InputError as error:
        print("refused", form, str(error).count(chr(10)), "File too large" in str(error))
"""


def test_a_full_disk_leaves_the_old_results_whole(tmp_path):
    forms = [form for form in FORMATS if form != "nwb" or find_spec("pynwb")]
    for form in forms:
        path = write_result(made(1), tmp_path / "r.h5", form)
    before = {item.name: item.read_bytes() for item in tmp_path.iterdir()}
    folder = str(Path(__file__).parent)
    done = subprocess.run(
        [sys.executable, "-c", _FULL_DISK, folder, str(path), *forms],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.splitlines() == [f"refused {form} 0 True" for form in forms], done.stderr
    assert {item.name: item.read_bytes() for item in tmp_path.iterdir()} == before


def test_a_kill_during_writing_leaves_the_old_result_whole(tmp_path):
    path = write_result(made(1), tmp_path / "r.h5", "hdf5")
    before = path.read_bytes()
    program = (
        "import sys, time, h5py\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "from test_write import made, write_result\n"
        "units = made(5)\n"
        "real = h5py.Group.create_dataset\n"
        "def slow(*a, **k):\n"
        "    result = real(*a, **k)\n"
        "    a[0].file.flush(); print('writing', flush=True); time.sleep(60)\n"
        "    return result\n"
        "h5py.Group.create_dataset = slow\n"
        "write_result(units, sys.argv[2], 'hdf5')\n"
    )
    command = [sys.executable, "-c", program, str(Path(__file__).parent), str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline().strip() == "writing"
        time.sleep(0.1)
        writer.send_signal(signal.SIGKILL)
    assert path.read_bytes() == before
    assert len(MotorUnits.load(path)) == 1
