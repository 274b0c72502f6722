"""Holds the shapes that Crisp writes on every value of its ONNX models to those that ONNX itself infers. Runs in CI only.

    python scripts/check-onnx.py [FOLDER]

FOLDER holds models as scripts/write-onnx-samples.ts writes them; without it, that script runs first, into a temporary
folder. Needs onnx and numpy. All files go through onnx.checker. It infers nothing behind an operator of com.microsoft, so
`*.standard.onnx`, lowered to standard operators, also go through shape inference, twice, with every shape of ours taken
away except those of the graph's inputs:

    symbolic   as written. What ONNX infers (dtype, rank, fixed dimensions, symbols that came through from an input) must be
               ours. It cannot infer everything: a product such as B*n has no name there.
    bound      each symbol replaced by a prime (B = 3, n = 7, ...) and products by their value, in the inputs and in our
               shapes. Now every value must come out with its dtype and a wholly numeric shape, equal to ours.

ONNX's data propagation follows shape arithmetic into Reshape and Expand, but not into Pad and Range, so the bound model
reads each value that follows from input shapes alone (Shape, Gather, Mul, Concat, ...) as a constant. A K of TopK that is fed
at run time is taken from our own dimension for it: there only the uses of that dimension are checked.

Prints one line for each file. Ends with exit code 1 and the differences by name if there are any, if a value could not be
inferred, or if fewer than 100 values were checked.
"""

import subprocess
import sys
import tempfile
from math import prod
from pathlib import Path

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import helper, numpy_helper, shape_inference
from onnx.reference import ReferenceEvaluator

ROOT = Path(__file__).resolve().parent.parent
FEWEST_VALUES = 100
PRIMES = [p for p in range(2, 500) if all(p % d for d in range(2, p))]


def type_of(value):
    """dtype and dimensions of a ValueInfoProto: a number, a symbol, or None where unknown; no dimensions without a rank."""
    tensor = value.type.tensor_type
    if not tensor.HasField("shape"):
        return tensor.elem_type, None
    return tensor.elem_type, [getattr(d, d.WhichOneof("value") or "", None) for d in tensor.shape.dim]


def types_of(values):
    return {value.name: type_of(value) for value in values}


def show(kind):
    dtype, dims = kind
    name = onnx.TensorProto.DataType.Name(dtype).lower()
    return f"{name} [{', '.join('?' if d is None else str(d) for d in dims)}]" if dims is not None else f"{name} of unknown rank"


def terms(dim):
    """A dimension as a sum of products: `16*nb+M` gives [["16", "nb"], ["M"]]; a TopK's own symbol stays whole."""
    if not isinstance(dim, str):
        return []
    return [[dim]] if dim.startswith("k of ") else [term.split("*") for term in dim.split("+")]


def parts(dim):
    return [part for term in terms(dim) for part in term]


def symbols_of(kinds):
    return {part for _, dims in kinds for dim in dims or [] for part in parts(dim) if not part.isdigit()}


def choose_sizes(kinds, ks):
    """A prime for each symbol, different from one another and from the fixed widths, so that no mix-up goes unseen.

    The symbols `ks`, taken from a length by TopK, get the smallest: at most n."""
    taken = {dim for dtype, dims in kinds if dtype == onnx.TensorProto.FLOAT for dim in dims if isinstance(dim, int)}
    sizes = {}

    def take(symbol, first, spare=()):
        sizes[symbol] = next(p for p in PRIMES if p >= first and p not in taken and p not in spare)
        taken.add(sizes[symbol])

    for symbol in sorted(ks):
        take(symbol, 2, spare=(3, 7))
    longest = max(sizes.values(), default=0)
    for symbol in sorted(symbols_of(kinds) - ks):
        take(symbol, {"B": 3, "n": max(7, longest)}.get(symbol, max(11, longest)))
    return sizes


def bind(dim, sizes):
    if not isinstance(dim, str):
        return dim
    return sum(prod(int(part) if part.isdigit() else sizes[part] for part in term) for term in terms(dim))


def bind_kind(kind, sizes):
    dtype, dims = kind
    return dtype, None if dims is None else [bind(dim, sizes) for dim in dims]


def fed_largest_k(model, ours):
    """{name of a graph input that is some TopK's K: the dimensions that we give the outputs' axis}."""
    fed, found = {value.name for value in model.graph.input}, {}
    for node in model.graph.node:
        if node.op_type == "TopK" and node.input[1] in fed:
            axis = next((a.i for a in node.attribute if a.name == "axis"), -1)
            for name in set(node.output) & set(ours):
                found.setdefault(node.input[1], set()).add(ours[name][1][axis])
    return found


def computed_from_shapes(model, known):
    """The values of all nodes that depend on nothing but input shapes, initializers and `known`: {name: array}."""
    graph = model.graph
    fed = {value.name: value for value in graph.input}
    constants = [*graph.initializer, *(numpy_helper.from_array(array, name) for name, array in known.items())]
    reached, nodes = {constant.name for constant in constants}, []
    for node in graph.node:
        if (node.op_type == "Shape" and node.input[0] in fed) or all(name in reached for name in node.input):
            nodes.append(node)
            reached.update(node.output)
    names = [name for node in nodes for name in node.output]
    feeds = {name: np.zeros(type_of(fed[name])[1]) for node in nodes for name in node.input if name in fed and name not in known}
    inputs = [fed[name] for name in feeds]
    outputs = [helper.make_empty_tensor_value_info(name) for name in names]
    part = helper.make_graph(nodes, "shapes", inputs, outputs, constants)
    results = ReferenceEvaluator(helper.make_model(part, opset_imports=model.opset_import)).run(None, feeds)
    return known | {name: np.asarray(result) for name, result in zip(names, results)}


def bound_copy(model, ours, sizes):
    """The model with numbers for symbols and constants for what shapes alone decide."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    for value in copy.graph.input:
        dtype, dims = bind_kind(type_of(value), sizes)
        value.CopyFrom(helper.make_tensor_value_info(value.name, dtype, dims))
    known = {name: np.array([bind(min(dims, key=str), sizes)]) for name, dims in fed_largest_k(model, ours).items()}
    values = computed_from_shapes(copy, known)
    copy.graph.initializer.extend(numpy_helper.from_array(array, f"{name} bound") for name, array in values.items())
    for node in copy.graph.node:
        for i, name in enumerate(node.input):
            if name in values:
                node.input[i] = f"{name} bound"
    return copy


def infer(model):
    """{value: kind} as ONNX infers from the inputs alone."""
    bare = onnx.ModelProto()
    bare.CopyFrom(model)
    del bare.graph.value_info[:]
    for value in bare.graph.output:
        value.type.tensor_type.ClearField("shape")
    inferred = shape_inference.infer_shapes(bare, check_type=True, strict_mode=True, data_prop=True).graph
    return types_of([*inferred.value_info, *inferred.output])


def check_standard(model, ours, problem):
    """Both inferences; returns how many symbols could be compared by name."""
    compared, nowhere, ks = 0, (None, None), fed_largest_k(model, ours)
    for name, dims in ks.items():
        if len(dims) > 1:
            problem(name, f"expected one dimension for all TopK with this K, got {sorted(map(str, dims))}")
        # ONNX Runtime plans memory by names of dimensions: two sizes under one name could share one buffer.
        for shared in [dim for other in ks if other < name for dim in ks[other] & dims if isinstance(dim, str)][:1]:
            problem(name, f"expected a symbol of its own for each K that is fed, got {shared}, which another one has too")

    known_symbols = symbols_of(types_of(model.graph.input).values())
    inferred = infer(model)
    for name, (dtype, dims) in ours.items():
        their_dtype, theirs = inferred.get(name, nowhere)
        if their_dtype is None or theirs is None:
            continue  # the bound pass must reach it
        named = [(d, t) for d, t in zip(dims, theirs) if isinstance(t, str) and set(parts(t)) <= known_symbols]
        fixed = [(d, t) for d, t in zip(dims, theirs) if isinstance(t, int)]
        compared += len(named)
        if their_dtype != dtype or len(theirs) != len(dims) or any(d != t for d, t in named + fixed):
            problem(name, f"expected {show((their_dtype, theirs))} as ONNX infers, got {show((dtype, dims))}")

    kinds = [*ours.values(), *types_of(model.graph.input).values()]
    sizes = choose_sizes(kinds, symbols_of((0, list(dims)) for dims in ks.values()))
    inferred = infer(bound_copy(model, ours, sizes))
    # A body may cut its result by a size from outside, which inference does not follow: then what it does know is compared.
    bodies = {name for node in model.graph.node if node.op_type in ("Scan", "Loop", "If") for name in node.output}
    for name, kind in ours.items():
        theirs = inferred.get(name, nowhere)
        if name in bodies and theirs[1] is not None and not all(isinstance(dim, int) for dim in theirs[1]):
            dtype, dims = bind_kind(kind, sizes)
            known = [(mine, dim) for mine, dim in zip(dims, theirs[1]) if isinstance(dim, int)]
            if theirs[0] != dtype or len(theirs[1]) != len(dims) or any(mine != dim for mine, dim in known):
                problem(name, f"expected {show(theirs)} as ONNX infers with {sizes}, got {show(kind)}")
        elif theirs[1] is None or not all(isinstance(dim, int) for dim in theirs[1]):
            problem(name, f"expected a shape that ONNX can infer with {sizes}, got {show(kind)} and nothing to compare it with")
        elif theirs != bind_kind(kind, sizes):
            bound = show(bind_kind(kind, sizes))
            problem(name, f"expected {show(theirs)} as ONNX infers with {sizes}, got {show(kind)}, that is {bound}")
    return compared


def check_file(path):
    """Returns the number of values checked and the problems found."""
    try:
        model = onnx.load(path)
    except DecodeError as error:
        return 0, [f"{path.name}: expected an ONNX model, got {error}."]
    written = {**types_of(model.graph.value_info), **types_of(model.graph.output)}
    operator = {name: node.op_type for node in model.graph.node for name in node.output if name}
    problems = {}

    def problem(name, text):
        problems.setdefault(name, f"{path.name}: {name} ({operator.get(name, 'no operator')}): {text}.")

    ours = {}
    for name in operator:
        dtype, dims = written.get(name, (0, None))
        if dtype == 0 or dims is None or None in dims:
            problem(name, f"expected a dtype and a whole shape of ours, got {show((dtype, dims))}")
        else:
            ours[name] = dtype, dims
    for name in sorted(set(written) - set(operator)):
        problem(name, "expected a value that some node computes, got a shape alone")

    errors, values, how = [], 0, "onnx.checker only"
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, shape_inference.InferenceError) as error:
        errors.append(f"{path.name}: {' '.join(str(error).split())}")
    if path.name.endswith(".standard.onnx"):
        try:
            compared = check_standard(model, ours, problem)
            values, how = len(ours), f"{len(ours)} values checked, {compared} symbolic dimensions compared by name"
        except shape_inference.InferenceError as error:
            errors.append(f"{path.name}: without our shapes: {' '.join(str(error).split())}")
    found = [*problems.values(), *errors]
    print(f"{path.name}: {how}{f', {len(found)} problems' if found else ''}")
    return values, found


def check_folder(folder):
    files, total, problems = sorted(folder.glob("*.onnx")), 0, []
    for path in files:
        values, found = check_file(path)
        total += values
        problems += found
    if total < FEWEST_VALUES:
        problems.append(f"{folder}: expected at least {FEWEST_VALUES} values in *.standard.onnx, got {total}.")
    for line in problems:
        print(f"FAILED  {line}")
    print(f"{len(files)} files, {total} values, {len(problems)} problems")
    return 1 if problems else 0


def main():
    if len(sys.argv) > 1:
        return check_folder(Path(sys.argv[1]))
    with tempfile.TemporaryDirectory() as scratch:
        node = ROOT / "node_modules" / ".bin" / "node"
        writer = ROOT / "scripts" / "write-onnx-samples.ts"
        if subprocess.run([node, writer, scratch], cwd=ROOT).returncode != 0:
            return "scripts/write-onnx-samples.ts: expected a folder of models, got the error above."
        return check_folder(Path(scratch))


if __name__ == "__main__":
    sys.exit(main())
