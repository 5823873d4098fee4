"""Breaks the core one small fault at a time, and counts which of them the tests notice.

    python tests/mutate.py --sample 60 --record faults.jsonl

Faults are those of cosmic-ray (``tests/mutation.toml`` says which, where, and which tests are to
notice), one a place, places drawn by a seed. A copy of the project is broken, never the checkout.
Libraries are loaded once: each mutant's tests run in a fork. A run that was stopped goes on where
it was; ``--survivors`` tries those again that nobody noticed, after tests were added.
"""

import argparse
import importlib
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
QUIET = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1"}
QUIET |= {"TF_NUM_INTEROP_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3", "CI": "1"}


def places(file, settings):
    """{(line, column): [(operator, occurrence), ...]} of a file."""
    import parso.python.tree  # noqa: F401  (before cosmic_ray, which cannot load it by itself)
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.plugins import get_operator

    source = (ROOT / file).read_text()
    lines = source.splitlines()
    tree = list(ast_nodes(get_ast(source)))
    found = {}
    for name in settings["operators"]:
        operator = get_operator(f"core/{name}")()
        starts = [start for node in tree for start, _ in operator.mutation_positions(node)]
        for occurrence, (line, column) in enumerate(starts):
            code = lines[line - 1]
            if not any(column in _span(code, part) for part in settings["passed_by"]):
                found.setdefault((line, column), []).append((name, occurrence))
    return found


def _span(code, part):
    start = code.find(part)
    return range(start, start + len(part)) if start >= 0 else ()


def drawn(room, settings, sample, seed):
    """(number of places, mutants) of a room; each names its file, line, operator, occurrence."""
    everything = [
        (file, place, choices)
        for file in room["files"]
        for place, choices in sorted(places(file, settings).items())
    ]
    rng = random.Random(seed)
    chosen = rng.sample(everything, min(sample or len(everything), len(everything)))
    mutants = []
    for file, (line, _), choices in chosen:
        operator, occurrence = rng.choice(choices)
        mutants.append({"file": file, "line": line, "operator": operator, "occurrence": occurrence})
    return len(everything), mutants


def mutated(source, mutant):
    """(source with the fault, the line before, the line after)."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    operator = get_operator(f"core/{mutant['operator']}")()
    changed = mutate_code(source, operator, mutant["occurrence"])
    pairs = zip(source.splitlines(), changed.splitlines(), strict=False)
    before, after = next(pair for pair in pairs if pair[0] != pair[1])
    return changed, before.strip(), after.strip()


def ordered(tests, file, copy):
    """The room's test files, those that name the file's module first."""
    module = file.removesuffix(".py").replace("/", ".")
    paths = [f"tests/{name}.py" for name in tests]
    return sorted(paths, key=lambda path: module not in (copy / path).read_text())


def outcome(copy, tests, limit_s):
    """(noticed, by what) of the tests in a fork: the first failure, or what ended it."""
    output = copy / "output"
    child = os.fork()
    if child == 0:
        code = 99
        try:
            os.chdir(copy)
            sys.path.insert(0, str(copy))
            used = resource.getrusage(resource.RUSAGE_SELF)
            most = int(used.ru_utime + used.ru_stime) + limit_s
            resource.setrlimit(resource.RLIMIT_CPU, (most, most + 5))
            target = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(target, 1)
            os.dup2(target, 2)
            import pytest

            wanted = ["-x", "-q", "-p", "no:cacheprovider", "-m", "not slow", "--durations=0"]
            code = int(pytest.main([*wanted, *tests]))
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True, f"signal {os.WTERMSIG(status)}"
    if os.WEXITSTATUS(status) == 0:
        return False, ""
    failed = [
        line.split(" ")[1]
        for line in output.read_text(errors="replace").splitlines()
        if line.startswith(("FAILED", "ERROR "))
    ]
    return True, failed[0] if failed else f"exit {os.WEXITSTATUS(status)}"


def copied(folder):
    """A copy of what git knows of the checkout."""
    known = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    for name in known:
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    return folder


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sample", type=int, default=0, help="places a room; 0 for all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rooms", nargs="+", help="default: all")
    parser.add_argument("--record", type=Path, required=True, help="JSON lines, one a mutant")
    parser.add_argument("--survivors", action="store_true", help="only those not noticed so far")
    arguments = parser.parse_args()
    settings = tomllib.loads((ROOT / "tests/mutation.toml").read_text())
    rooms = {
        name: room
        for name, room in settings["rooms"].items()
        if not arguments.rooms or name in arguments.rooms
    }
    os.environ.update(QUIET)
    sys.dont_write_bytecode = True
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != ROOT / "tests"]
    for library in dict.fromkeys(one for room in rooms.values() for one in room["loads"]):
        importlib.import_module(library)

    known = {}
    if arguments.record.exists():
        rows = [json.loads(line) for line in arguments.record.read_text().splitlines()]
        known = {_key(row): row for row in rows}
    with tempfile.TemporaryDirectory() as folder:
        copy = copied(Path(folder))
        todo = {}
        for name, room in rooms.items():
            count, mutants = drawn(room, settings, arguments.sample, arguments.seed)
            if arguments.survivors:
                mutants = [m for m in mutants if not known.get(_key(m), {"noticed": 1})["noticed"]]
            else:
                mutants = [m for m in mutants if _key(m) not in known]
            todo[name] = mutants
            print(f"{name}: {count} places, {len(mutants)} mutants to try", flush=True)
        # Round by round, so that a run that is stopped has looked at every room.
        longest = max(map(len, todo.values()))
        for number in range(longest):
            for name, mutants in todo.items():
                if number < len(mutants):
                    if not number:
                        sound(name, rooms[name], copy)
                    row = tried(name, mutants[number], rooms[name], settings, copy)
                    with arguments.record.open("a") as file:
                        file.write(json.dumps(row) + "\n")
                    known[_key(row)] = row
    print(table([row for row in known.values() if row["room"] in rooms]))


def sound(name, room, copy):
    """Ends the run if the tests of a room fail on the code as it is."""
    noticed, by = outcome(copy, ordered(room["tests"], "", copy), 1000)
    if noticed:
        sys.exit(f"the tests of {name} fail on the code as it is: {by}")


def tried(name, mutant, room, settings, copy):
    """The mutant with what came of it."""
    path = copy / mutant["file"]
    source = path.read_text()
    changed, before, after = mutated(source, mutant)
    path.write_text(changed)
    start = time.time()
    try:
        tests = ordered(room["tests"], mutant["file"], copy)
        noticed, by = outcome(copy, tests, settings["limit_s"])
    finally:
        path.write_text(source)
    print(
        f"{'noticed ' if noticed else 'SURVIVED'} {mutant['file']}:{mutant['line']} "
        f"{after}   ({by}, {time.time() - start:.0f} s)",
        flush=True,
    )
    return {"room": name, **mutant, "before": before, "after": after, "noticed": noticed, "by": by}


def table(rows):
    """Markdown: faults tried and noticed by room, and those that nobody noticed."""
    lines = ["| room | faults | noticed | share |", "|---|--:|--:|--:|"]
    for name in dict.fromkeys(row["room"] for row in rows):
        noticed = [row["noticed"] for row in rows if row["room"] == name]
        share = sum(noticed) / len(noticed)
        lines.append(f"| {name} | {len(noticed)} | {sum(noticed)} | {share:.0%} |")
    lines += [
        f"- {row['file']}:{row['line']} `{row['before']}` -> `{row['after']}`"
        for row in rows
        if not row["noticed"]
    ]
    return "\n".join(lines)


def _key(row):
    return row["file"], row["line"], row["operator"], row["occurrence"]


if __name__ == "__main__":
    main()
