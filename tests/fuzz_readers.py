"""Broken files for minutes on end: ``python tests/fuzz_readers.py --minutes 30 [--readers h5]``.

Files of every format are damaged (bits flipped, bytes cut off, sizes swapped, stretches of zeros)
and read. A reading may give a recording or one sentence; anything else is told with its number,
which makes the same file again (``--first``), and ends the run with exit code 1: a traceback, a
crash, more memory than twice the declared array and 64 MiB, more than 20 s, "damaged" for a file
that is not.
"""

import argparse
import multiprocessing
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import scipy.io

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
from made_recordings import twitching  # noqa: E402
from written_recordings import FORMS, Way, write  # noqa: E402

VELOCITY = twitching([(4, 2), (8, 6)], seconds=0.32, shape=(12, 16))[0].velocity
LIMIT_S = 20
# Recordings here are 61 kB; what is declared by a damaged file may be anything.
LIMIT_BYTES = 2 * VELOCITY.nbytes + 64 * 2**20
MORE = ("octave", "xml")
EMG = ("csv", "utf16", "nwb", "openhdemg", "muedit", "bids")


def seeds(reader: str, folder: Path) -> list[tuple[Path, dict]]:
    """Intact files of a reader."""
    if reader in EMG:
        return [(_emg(reader, folder), {})]
    if reader == "octave":
        return [(_octave(folder), {})]
    if reader == "xml":
        return [(_xml(folder), {})]
    made = []
    for k, (chunked, depth, dtype) in enumerate([(False, 0, "f4"), (True, 2, "i2")]):
        place = folder / str(k)
        place.mkdir()
        way = Way(reader, "zxt", dtype, "m/s", "beside", depth, "mm", chunked)
        made.append(write(place, way, VELOCITY, 250.0, (1.0, 0.5)))
    return made


def _octave(folder: Path) -> Path:
    """What Octave itself writes."""
    import subprocess

    scipy.io.savemat(folder / "in.mat", {"v": VELOCITY})
    script = (
        "s = load('in.mat'); s.fps = 250; s.spacing = [1 0.5]; s.axes = {'t'; 'z'; 'x'}; "
        "s.unit = 'mm/s'; s.more = struct('a', {1, 'b'}); time = 0:3; save('-hdf5', 'r.h5', 's', "
        "'time');"
    )
    command = ["octave", "--no-gui", "--quiet", "--norc", "--eval", script]
    subprocess.run(command, check=True, capture_output=True, cwd=folder)
    return folder / "r.h5"


def _xml(folder: Path) -> Path:
    """A recording whose statements stand in a file of XML; that file is damaged."""
    np.save(folder / "r.npy", VELOCITY)
    said = '<dz unit="mm">1.0</dz><p name="dx" value="0.5"/><axes>tzx</axes><unit>mm/s</unit>'
    more = "".join(f'<pulse k="{k}"><angle>{k / 8}</angle></pulse>' for k in range(30))
    (folder / "r.xml").write_text(f'<?xml version="1.0"?><scan fps="250">{said}{more}</scan>')
    return folder / "r.npy"


def _emg(reader: str, folder: Path) -> Path:
    firings = [np.arange(1, 6) / (k + 2) for k in range(4)]
    path = (
        folder
        / f"emg.{ {'utf16': 'csv', 'openhdemg': 'json', 'muedit': 'mat'}.get(reader, reader) }"
    )
    rows = [f"{k},{t:.3f}" for k, times in enumerate(firings, 1) for t in times]
    if reader in ("csv", "utf16"):
        path.write_text(
            "\n".join(["unit,time_s", *rows]), encoding={"csv": "utf-8"}.get(reader, "utf-16")
        )
    elif reader == "bids":
        path = folder / "trial_events.tsv"
        rows = [row.replace(",", "\t") + "\tmotor-unit-spike" for row in rows]
        path.write_text("\n".join(["unit_id\tonset\tevent_type", *rows]))
    elif reader == "muedit":
        cells = np.empty((1, 4), object)
        cells[0] = [np.round(times * 2048) for times in firings]
        scipy.io.savemat(path, {"signal": {"Dischargetimes": cells, "fsamp": 2048.0}})
    elif reader == "openhdemg":
        import gzip
        import json

        samples = [np.round(times * 2048).tolist() for times in firings]
        content = {"MUPULSES": json.dumps(samples), "FSAMP": json.dumps(2048)}
        path.write_bytes(gzip.compress(json.dumps(content).encode()))
    else:
        import pynwb

        file = pynwb.NWBFile("a trial", "1", datetime.now(UTC))
        for times in firings:
            file.add_unit(spike_times=times)
        with pynwb.NWBHDF5IO(str(path), "w") as writer:
            writer.write(file)
    return path


def damage(whole: bytes, rng: np.random.Generator) -> bytes:
    """The file with one kind of damage."""
    broken = bytearray(whole)
    # Headers are what readers stumble over: half of all damage lies in the first kilobytes.
    size = len(broken) if rng.random() < 0.5 else min(len(broken), 4096)
    kind = rng.integers(4)
    if kind == 0:
        for at in rng.integers(0, size, rng.integers(1, 8)):
            broken[at] ^= 1 << rng.integers(8)
    elif kind == 1:
        del broken[rng.integers(0, len(broken)) :]
    elif kind == 2:
        width = int(rng.choice([2, 4, 8]))
        values = [0, 1, 2**31 - 1, 2**63 - 1, 2**64 - 1, int(rng.integers(2**40))]
        at = int(rng.integers(0, max(size - width, 1))) // width * width
        value = values[rng.integers(len(values))] % 256**width
        broken[at : at + width] = value.to_bytes(width, str(rng.choice(["little", "big"])))
    else:
        at = int(rng.integers(0, size))
        broken[at : at + int(rng.integers(1, 512))] = bytes(int(rng.integers(1, 512)))
    return bytes(broken)


def _read(path: Path, options: dict, emg: bool) -> str:
    from kmu.errors import InputError

    try:
        if emg:
            from kmu.reading.firings import read_emg_units

            read_emg_units(path).within(10.0)
        else:
            from kmu.reading import read

            read(path, **options)
    except InputError as error:
        return "several lines" if "\n" in str(error) else f"refused: {error}"
    return "read"


def _worker(reader: str, folder: str, first: int, until: float, pipe) -> None:
    """Reads damaged files; tells of each before and after, so that a crash shows which it was."""
    import kmu.reading
    import kmu.reading.firings  # noqa: F401

    place = Path(folder)
    intact = seeds(reader, place)
    emg = reader in EMG
    for path, options in intact:
        # Twice: what is imported late counts to no file.
        assert _read(path, options, emg) == _read(path, options, emg) == "read", path
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    bound = pages * resource.getpagesize() + LIMIT_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (bound, bound))
    signal.signal(signal.SIGALRM, lambda *_: (_ for _ in ()).throw(TimeoutError("too slow")))
    number = first
    while time.time() < until:
        rng = np.random.default_rng(number)
        path, options = intact[number % len(intact)]
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        files = [path.with_suffix(".xml")] if reader == "xml" else files
        target = files[int(rng.integers(len(files)))]
        whole = target.read_bytes()
        target.write_bytes(damage(whole, rng))
        pipe.send((number, None))
        signal.alarm(LIMIT_S)
        try:
            outcome = _read(path, options, emg)
        except BaseException as error:
            import traceback

            outcome = f"TRACEBACK {type(error).__name__}: {error}\n{traceback.format_exc()}"
        signal.alarm(0)
        target.write_bytes(whole)
        pipe.send((number, outcome))
        number += 1
    pipe.send((number, "done"))


def fuzz(reader: str, seconds: float, first: int) -> tuple[Counter, list[str]]:
    """Damages files of one reader for so long; counts outcomes, lists what must not be."""
    until, number, counts, faults = time.time() + seconds, first, Counter(), []
    while time.time() < until:
        ours, theirs = multiprocessing.Pipe()
        with tempfile.TemporaryDirectory() as folder:
            arguments = (reader, folder, number, until, theirs)
            child = multiprocessing.get_context("spawn").Process(target=_worker, args=arguments)
            child.start()
            theirs.close()
            outcome = None
            try:
                while outcome != "done":
                    if not ours.poll(3 * LIMIT_S):  # in a library, where no alarm is heard
                        child.kill()
                        raise EOFError
                    number, outcome = ours.recv()
                    if outcome in (None, "done"):
                        continue
                    counts[outcome.split(":")[0].split("\n")[0]] += 1
                    if outcome.startswith(("TRACEBACK", "several")):
                        faults.append(f"{reader} {number}: {outcome}")
            except EOFError:
                child.join()
                faults.append(f"{reader} {number}: CRASH {child.exitcode}")
                counts["CRASH"] += 1
                number += 1
            child.join()
    return counts, faults


def main() -> int:
    """Fuzzes one reader after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", nargs="+", default=[*FORMS, *MORE, *EMG])
    parser.add_argument("--minutes", type=float, default=1.0, help="for each reader")
    parser.add_argument("--first", type=int, default=0, help="number of the first damage")
    arguments = parser.parse_args()
    bad = 0
    for reader in arguments.readers:
        counts, faults = fuzz(reader, 60 * arguments.minutes, arguments.first)
        print(f"{reader:<10} {sum(counts.values())} files: {dict(counts)}", flush=True)
        for fault in faults[:20]:
            print(fault, flush=True)
        bad += len(faults)
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
