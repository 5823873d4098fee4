"""TensorFlow's library without its Python: one plain graph, run through the C interface.

``import tensorflow`` alone takes some five seconds of processor time; loading the library that
it brings takes 0.3. The graphs are those that ``kmu.models.plain_graph`` writes beside a
SavedModel: the same operations on the same weights, so the same answers, bit for bit, as those of
the SavedModel where TensorFlow does not optimise it.
"""

import ctypes
import gzip
import importlib.util
import weakref
from collections.abc import Callable
from ctypes import POINTER, c_char_p, c_int, c_int64, c_size_t, c_void_p
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kmu.progress import silenced

# As TensorFlow's wheels name them on Linux and macOS; the second needs the first.
_LIBRARIES = (
    ("libtensorflow_framework.so.2", "libtensorflow_cc.so.2"),
    ("libtensorflow_framework.2.dylib", "libtensorflow_cc.2.dylib"),
)
_FLOAT, _STRING = 1, 7
_DTYPES = {_FLOAT: np.float32, 10: np.bool_}
_STRING_BYTES = 24
# A ConfigProto that says: any device, and no optimisation of a graph that has been optimised
# (allow_soft_placement, optimizer_options.opt_level L0, disable_meta_optimizer).
_CONFIG = bytes.fromhex("380152121a0b18ffffffffffffffffff015203980101")


class _Output(ctypes.Structure):
    _fields_ = (("operation", c_void_p), ("index", c_int))


_FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "TF_NewStatus": (c_void_p, []),
    "TF_DeleteStatus": (None, [c_void_p]),
    "TF_GetCode": (c_int, [c_void_p]),
    "TF_Message": (c_char_p, [c_void_p]),
    "TF_NewBufferFromString": (c_void_p, [c_char_p, c_size_t]),
    "TF_NewGraph": (c_void_p, []),
    "TF_NewImportGraphDefOptions": (c_void_p, []),
    "TF_GraphImportGraphDef": (None, [c_void_p] * 4),
    "TF_NewSessionOptions": (c_void_p, []),
    "TF_SetConfig": (None, [c_void_p, c_char_p, c_size_t, c_void_p]),
    "TF_NewSession": (c_void_p, [c_void_p, c_void_p, c_void_p]),
    "TF_CloseSession": (None, [c_void_p, c_void_p]),
    "TF_DeleteSession": (None, [c_void_p, c_void_p]),
    "TF_DeleteGraph": (None, [c_void_p]),
    "TF_GraphOperationByName": (c_void_p, [c_void_p, c_char_p]),
    "TF_OperationNumOutputs": (c_int, [c_void_p]),
    "TF_AllocateTensor": (c_void_p, [c_int, POINTER(c_int64), c_int, c_size_t]),
    "TF_DeleteTensor": (None, [c_void_p]),
    "TF_TensorData": (c_void_p, [c_void_p]),
    "TF_TensorByteSize": (c_size_t, [c_void_p]),
    "TF_TensorType": (c_int, [c_void_p]),
    "TF_NumDims": (c_int, [c_void_p]),
    "TF_Dim": (c_int64, [c_void_p, c_int]),
    "TF_StringInit": (None, [c_void_p]),
    "TF_StringCopy": (None, [c_void_p, c_char_p, c_size_t]),
    "TF_SessionRun": (
        None,
        [c_void_p, c_void_p]
        + [POINTER(_Output), POINTER(c_void_p), c_int] * 2
        + [c_void_p, c_int, c_void_p, c_void_p],
    ),
}


def plain_call(
    folder: Path, signature: str, outputs: tuple[str, ...]
) -> Callable[..., dict[str, NDArray[Any]]] | None:
    """A signature of a model as a function of arrays, without Python's TensorFlow.

    Args:
        folder: the version folder.
        signature: its name.
        outputs: what is asked for.

    Returns:
        Takes float32 arrays by name, gives arrays by name, from several threads if need be; None
        if the model has no plain graph, or TensorFlow's library cannot be used in this way here.
    """
    path = folder / "plain" / f"{signature}.pb.gz"
    library = _library() if path.is_file() else None
    if library is None:
        return None
    try:
        with silenced():
            return _Graph(
                library,
                gzip.decompress(path.read_bytes()),
                folder / "variables" / "variables",
                outputs,
            )
    except (OSError, RuntimeError):
        return None


class _Graph:
    """A graph in a session; both go with it."""

    def __init__(
        self, library: ctypes.CDLL, graph: bytes, weights: Path, outputs: tuple[str, ...]
    ) -> None:
        self._library, self._graph = library, library.TF_NewGraph()
        self._outputs = outputs
        content = library.TF_NewBufferFromString(graph, len(graph))
        with _Status(library) as status:
            library.TF_GraphImportGraphDef(
                self._graph, content, library.TF_NewImportGraphDefOptions(), status
            )
        options = library.TF_NewSessionOptions()
        with _Status(library) as status:
            library.TF_SetConfig(options, _CONFIG, len(_CONFIG), status)
        with _Status(library) as status:
            self._session = library.TF_NewSession(self._graph, options, status)
        self._fetched = [self._node(f"output/{one}") for one in outputs]
        # Read once and given to every run: what reads them in the graph is then not run.
        prefix = self._string(str(weights))
        reading = self._node("read_weights").operation
        self._read = [_Output(reading, k) for k in range(library.TF_OperationNumOutputs(reading))]
        self._weights = self._run([self._node("weights")], [prefix], self._read)
        library.TF_DeleteTensor(prefix)
        # The process's end needs no tidying.
        weakref.finalize(
            self, _end, library, self._session, self._graph, self._weights
        ).atexit = False

    def __call__(self, **inputs: ArrayLike) -> dict[str, NDArray[Any]]:
        """Runs the graph on float32 arrays by name."""
        library = self._library
        fed = [*self._read, *map(self._node, inputs)]
        tensors = [self._tensor(np.asarray(value, np.float32)) for value in inputs.values()]
        found: list[int] = []
        try:
            found = self._run(fed, [*self._weights, *tensors], self._fetched)
            return {name: self._array(one) for name, one in zip(self._outputs, found, strict=True)}
        finally:
            for tensor in (*tensors, *found):
                library.TF_DeleteTensor(tensor)

    def _run(self, fed: list[_Output], tensors: list[int], fetched: list[_Output]) -> list[int]:
        """The tensors of ``fetched``, from those of ``fed``."""
        found = (c_void_p * len(fetched))()
        with _Status(self._library) as status:
            self._library.TF_SessionRun(
                *(self._session, None),
                *((_Output * len(fed))(*fed), (c_void_p * len(fed))(*tensors), len(fed)),
                *((_Output * len(fetched))(*fetched), found, len(fetched)),
                *(None, 0, None, status),
            )
        return [int(one) for one in found if one is not None]

    def _node(self, name: str) -> _Output:
        operation = self._library.TF_GraphOperationByName(self._graph, name.encode())
        if operation is None:
            raise RuntimeError(f"a plain graph has no {name}")
        return _Output(operation, 0)

    def _tensor(self, values: NDArray[np.float32]) -> int:
        values = np.ascontiguousarray(values)
        shape = (c_int64 * values.ndim)(*values.shape)
        tensor = self._library.TF_AllocateTensor(_FLOAT, shape, values.ndim, values.nbytes)
        ctypes.memmove(self._library.TF_TensorData(tensor), values.ctypes.data, values.nbytes)
        return int(tensor)

    def _string(self, text: str) -> int:
        tensor = self._library.TF_AllocateTensor(_STRING, None, 0, _STRING_BYTES)
        place, content = self._library.TF_TensorData(tensor), text.encode()
        self._library.TF_StringInit(place)
        self._library.TF_StringCopy(place, content, len(content))
        return int(tensor)

    def _array(self, tensor: int) -> NDArray[Any]:
        library = self._library
        shape = [library.TF_Dim(tensor, axis) for axis in range(library.TF_NumDims(tensor))]
        values: NDArray[Any] = np.empty(shape, _DTYPES[library.TF_TensorType(tensor)])
        ctypes.memmove(values.ctypes.data, library.TF_TensorData(tensor), values.nbytes)
        return values


def _end(library: ctypes.CDLL, session: int, graph: int, tensors: list[int]) -> None:
    for tensor in tensors:
        library.TF_DeleteTensor(tensor)
    for step in (library.TF_CloseSession, library.TF_DeleteSession):
        with _Status(library) as status:
            step(session, status)
    library.TF_DeleteGraph(graph)


class _Status:
    """The status that a function of the library reports to; an error is raised at the end."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library, self._status = library, library.TF_NewStatus()

    def __enter__(self) -> int:
        return int(self._status)

    def __exit__(self, *_: object) -> None:
        code, message = (
            self._library.TF_GetCode(self._status),
            self._library.TF_Message(self._status),
        )
        text = message.decode(errors="replace")
        self._library.TF_DeleteStatus(self._status)
        if code:
            raise RuntimeError(text)


@cache
def _library() -> ctypes.CDLL | None:
    """TensorFlow's library with its functions declared; None if there is none of a known name."""
    package = importlib.util.find_spec("tensorflow")
    for folder in (package.submodule_search_locations or ()) if package else ():
        for framework, name in _LIBRARIES:
            if (Path(folder) / name).is_file():
                try:
                    with silenced():
                        ctypes.CDLL(str(Path(folder) / framework))
                        library = ctypes.CDLL(str(Path(folder) / name))
                    for function, (gives, takes) in _FUNCTIONS.items():
                        getattr(library, function).restype = gives
                        getattr(library, function).argtypes = takes
                except (AttributeError, OSError):
                    return None
                return library
    return None
