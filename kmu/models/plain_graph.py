"""An exported model as plain graphs, which TensorFlow's library runs without its Python.

A SavedModel is functions that call functions, which every process restores, optimises and
instantiates for seconds. Here that is done once: functions are inlined, and what is computed twice
is computed once, which halves the number of operations. No operation is replaced by another, and
the weights are not stored again: a plain graph reads those of the SavedModel beside it.

``plain/SIGNATURE.pb.gz`` is a graph that is fed the signature's inputs under their names and, as
``weights``, the prefix of the files with the weights; what it gives is called ``output/NAME``.
``kmu.identification.plain_runtime`` runs it, for recordings that come alone: that all recordings
of a batch have one rate and one spacing is not checked any more.

``python -m kmu.models.plain_graph saved_models/kmu/9`` writes the graphs of an exported model.
"""

import gzip
import sys
from collections.abc import Mapping, Sequence
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import tensorflow as tf
from tensorflow.core.framework import graph_pb2
from tensorflow.core.protobuf import config_pb2, meta_graph_pb2
from tensorflow.python.grappler import tf_optimizer

from kmu.files import replacing

_PREFIX, _READ = "weights", "read_weights"
# What TensorFlow notes on a node and works out anew.
_NOTES = ("_output_shapes", "_class")


def write_plain(folder: Path) -> list[Path]:
    """Writes the plain graph of every signature of an exported model.

    Args:
        folder: the version folder.

    Returns:
        The files.
    """
    loaded = tf.saved_model.load(str(folder))
    numbers = {id(variable.handle): number for number, variable in enumerate(loaded.weights)}
    written = []
    for name, function in loaded.signatures.items():
        weights = {
            placeholder.op.name: loaded.weights[numbers[id(handle)]]
            for handle, placeholder in function.graph.captures
        }
        keys = [
            f"weights/{numbers[id(one.handle)]}/.ATTRIBUTES/VARIABLE_VALUE"
            for one in weights.values()
        ]
        inputs = [tensor.name for tensor in function.inputs]
        outputs = dict(zip(sorted(function.structured_outputs), function.outputs, strict=True))
        graph = _inlined(
            function.graph.as_graph_def(), [*inputs, *(one.name for one in outputs.values())]
        )
        _read_weights(graph, {key: one.dtype for key, one in weights.items()}, keys)
        for output, tensor in outputs.items():
            node = graph.node.add(name=f"output/{output}", op="Identity", input=[tensor.name])
            node.attr["T"].type = tensor.dtype.as_datatype_enum
        graph = _without_repetitions(graph, [f"output/{output}" for output in outputs])
        path = folder / "plain" / f"{name}.pb.gz"
        with replacing(path) as temporary:
            # Without the time of day: the same model gives the same file.
            content = graph.SerializeToString(deterministic=True)
            temporary.write_bytes(gzip.compress(content, mtime=0))
        written.append(path)
    return written


def _inlined(graph: Any, kept: Sequence[str]) -> Any:
    """The graph with every function in the place of its call; ``kept`` names inputs and outputs."""
    config = config_pb2.ConfigProto()
    config.graph_options.rewrite_options.min_graph_nodes = -1
    config.graph_options.rewrite_options.optimizers.append("function")
    described = meta_graph_pb2.MetaGraphDef()
    described.graph_def.CopyFrom(graph)
    described.collection_def["train_op"].node_list.value.extend(kept)
    return tf_optimizer.OptimizeGraph(config, described, verbose=False)


def _read_weights(graph: Any, weights: Mapping[str, tf.DType], keys: Sequence[str]) -> None:
    """Lets a graph read its weights from their files, in place of variables, on any device.

    Args:
        graph: changed in place; no function is called in it any more.
        weights: the type of each weight, by the placeholder of its variable.
        keys: of the weights in their files.
    """
    nodes = {node.name: node for node in graph.node}
    order = {name: number for number, name in enumerate(weights)}

    def variable(name: str) -> str:
        node = nodes[name.split(":")[0]]
        return variable(node.input[0]) if node.op == "Identity" else node.name

    for node in graph.node:
        node.device = ""
        # Control is there for assertions alone: nothing else has an effect beside its result.
        data = [name for name in node.input if not name.startswith("^")]
        if node.op == "ReadVariableOp":
            name = variable(data[0])
            data = [f"{_READ}:{order[name]}"]
            node.op = "Identity"
            node.ClearField("attr")
            node.attr["T"].type = weights[name].as_datatype_enum
        del node.input[:]
        node.input.extend(data)
    prefix = graph.node.add(name=_PREFIX, op="Placeholder")
    prefix.attr["dtype"].type = tf.string.as_datatype_enum
    asked = {f"{_READ}/keys": keys, f"{_READ}/slices": [""] * len(keys)}
    for name, values in asked.items():
        node = graph.node.add(name=name, op="Const")
        node.attr["dtype"].type = tf.string.as_datatype_enum
        node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(values, tf.string))
    reading = graph.node.add(name=_READ, op="RestoreV2", input=[_PREFIX, *asked])
    reading.attr["dtypes"].list.type.extend(one.as_datatype_enum for one in weights.values())


def _without_repetitions(graph: Any, outputs: Sequence[str]) -> Any:
    """What outputs need of a graph, each operation on the same inputs once."""
    nodes = {node.name: node for node in graph.node}
    needs: dict[str, list[str]] = {}
    waiting = list(outputs)
    while waiting:
        name = waiting.pop()
        if name not in needs:
            needs[name] = [one.split(":")[0] for one in nodes[name].input]
            waiting += needs[name]
    tidy = graph_pb2.GraphDef(versions=graph.versions)
    same: dict[str, str] = {}
    first: dict[tuple[Any, ...], str] = {}
    for name in TopologicalSorter(needs).static_order():
        node = nodes[name]
        inputs = []
        for one in node.input:
            source, _, number = one.partition(":")
            inputs.append(
                f"{same.get(source, source)}:{number}" if number else same.get(source, source)
            )
        del node.input[:]
        node.input.extend(inputs)
        if node.op == "Identity" and name not in outputs and ":" not in inputs[0]:
            same[name] = inputs[0]
            continue
        for note in _NOTES:
            node.attr.pop(note, None)
        said = sorted(
            (key, one.SerializeToString(deterministic=True)) for key, one in node.attr.items()
        )
        known = first.setdefault((node.op, *inputs, *said), name)
        if known != name and node.op != "Placeholder" and name not in outputs:
            same[name] = known
        else:
            tidy.node.append(node)
    return tidy


if __name__ == "__main__":
    for version in sys.argv[1:]:
        for file in write_plain(Path(version)):
            print(file)
