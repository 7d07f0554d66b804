"""Matrix products that stay in a core's cache, in vector instructions written as LLVM's own.

Axes: M rows and N columns of a product, P terms of each of its values. Arrays are float32 and lie row after row.

BLAS is made for large matrices: what it puts in order first, so that the product itself runs at full speed, costs as
much as the product of 64 rows and 42 columns does. Nothing needs to be put in order where all lies in the cache. Every
value is one sum in the order of its terms, by multiply-adds, whatever the place of its row: so it rounds alike on all
processors that have them, however wide their vectors are. The tile is that of BLIS (Van Zee and van de Geijn, ACM TOMS
41, 2015): as many sums as registers hold, a value of `b` loaded once for all rows, one of `a` once for all columns.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.errors import TypingError
from numba.extending import intrinsic

from songpop.contracts import Matrix
from songpop.engines.compiled import inlined

LANES = 16  # values of a vector: one register or two, four where they are short
_BLOCK = 8  # rows and columns that are transposed at once

_FLOAT, _PLACE, _INDEX = ir.FloatType(), ir.IntType(64), ir.IntType(32)
_VECTOR, _SHORT_VECTOR = ir.VectorType(_FLOAT, LANES), ir.VectorType(_FLOAT, _BLOCK)

# ── pieces of machine code ──────────────────────────────────────────────────────────────────────────────────────────


def _tile(n_rows: int) -> Any:
    """Return a function that fills `n_rows` x LANES values of a product; all places are counted in values.

    It takes: a, the place of its first value, from row to row, from term to term; b, its first, from term to term; the
    product, its first, from row to row; P, at least 1.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        a, b, product = (_pointer(context, builder, signature, arguments, k) for k in (0, 4, 7))
        a_row, a_term, b_term, product_row, n_terms = (arguments[k] for k in (2, 3, 6, 9, 10))
        multiply_add = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(_VECTOR, [_VECTOR] * 3), f"llvm.fmuladd.v{LANES}f32"
        )
        before, loop, end = builder.block, builder.append_basic_block("terms"), builder.append_basic_block("sums")
        rows = [builder.mul(ir.Constant(_PLACE, row), a_row) for row in range(n_rows)]
        builder.branch(loop)

        builder.position_at_end(loop)
        term, so_far = builder.phi(_PLACE), [builder.phi(_VECTOR) for _ in rows]
        term.add_incoming(ir.Constant(_PLACE, 0), before)
        of_b = _load(builder, b, builder.mul(term, b_term), _VECTOR)
        place = builder.mul(term, a_term)
        of_a = [_spread(builder, builder.load(builder.gep(a, [builder.add(place, row)]))) for row in rows]
        sums = [builder.call(multiply_add, [value, of_b, sum_]) for value, sum_ in zip(of_a, so_far, strict=True)]
        for before_it, after_it in zip(so_far, sums, strict=True):
            before_it.add_incoming(ir.Constant(_VECTOR, None), before)
            before_it.add_incoming(after_it, loop)
        following = builder.add(term, ir.Constant(_PLACE, 1))
        term.add_incoming(following, loop)
        builder.cbranch(builder.icmp_signed("<", following, n_terms), loop, end)

        builder.position_at_end(end)
        for row, sum_ in enumerate(sums):
            place = builder.mul(ir.Constant(_PLACE, row), product_row)
            _store(builder, product, place, sum_)
        return context.get_dummy_value()

    @intrinsic  # type: ignore[untyped-decorator]
    def tile(
        context: Any, a: Any, a_first: Any, a_row: Any, a_term: Any, b: Any, b_first: Any, b_term: Any,
        product: Any, product_first: Any, product_row: Any, n_terms: Any,
    ) -> Any:  # fmt: skip
        _refuse_others(a, b, product)
        place = types.int64
        return types.void(a, place, place, place, b, place, place, product, place, place, place), generate

    return tile


@intrinsic  # type: ignore[untyped-decorator]
def _turn_block(
    context: Any, matrix: Any, first: Any, row: Any, turned: Any, turned_first: Any, turned_row: Any
) -> Any:
    """Transpose _BLOCK x _BLOCK values: from `matrix`, the place of its first, from row to row, to another's."""
    _refuse_others(matrix, turned)
    place = types.int64

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source, target = (_pointer(context, builder, signature, arguments, k) for k in (0, 3))
        counts = [ir.Constant(_PLACE, k) for k in range(_BLOCK)]
        rows = [_load(builder, source, builder.mul(k, arguments[2]), _SHORT_VECTOR) for k in counts]
        # Values of two rows in turns, then pairs of values, then fours: by now each vector is a column.
        for distance in (1, 2, 4):
            lower, upper = _turns(distance)
            pairs = [(rows[k], rows[k + distance]) for k in range(_BLOCK) if not k & distance]
            found = [builder.shuffle_vector(*pair, mask) for pair in pairs for mask in (lower, upper)]
            places = [k + add for k in range(_BLOCK) if not k & distance for add in (0, distance)]
            rows = [vector for _, vector in sorted(zip(places, found, strict=True), key=lambda one: one[0])]
        for k, column in zip(counts, rows, strict=True):
            _store(builder, target, builder.mul(k, arguments[5]), column)
        return context.get_dummy_value()

    return types.void(matrix, place, place, turned, place, place), generate


def _turns(distance: int) -> tuple[Any, Any]:
    """Return what makes of vectors `(v, w)` those whose blocks of `distance` values are, in turns, of v and of w."""
    blocks = [range(k, k + distance) for k in range(0, _BLOCK, distance)]
    lower = [k + add for block in blocks[::2] for add in (0, _BLOCK) for k in block]
    upper = [k + add for block in blocks[1::2] for add in (0, _BLOCK) for k in block]
    kind = ir.VectorType(_INDEX, _BLOCK)
    return ir.Constant(kind, lower), ir.Constant(kind, upper)


def _refuse_others(*arrays: Any) -> None:
    for array in arrays:
        if not (isinstance(array, types.Array) and array.layout == "C" and array.dtype == types.float32):
            raise TypingError(f"arrays must be float32 and lie row after row, but one is {array}.")


def _pointer(context: Any, builder: Any, signature: Any, arguments: Any, k: int) -> Any:
    """Return where the first value is of the array that argument k is, by the place that is argument k + 1."""
    array = context.make_array(signature.args[k])(context, builder, arguments[k])
    return builder.gep(array.data, [arguments[k + 1]])


def _load(builder: Any, pointer: Any, place: Any, kind: Any) -> Any:
    return builder.load(builder.bitcast(builder.gep(pointer, [place]), kind.as_pointer()), align=4)


def _store(builder: Any, pointer: Any, place: Any, vector: Any) -> None:
    builder.store(vector, builder.bitcast(builder.gep(pointer, [place]), vector.type.as_pointer()), align=4)


def _spread(builder: Any, value: Any) -> Any:
    """Return a vector of one value."""
    nothing = ir.Constant(_VECTOR, ir.Undefined)
    first = builder.insert_element(nothing, value, ir.Constant(_INDEX, 0))
    return builder.shuffle_vector(first, nothing, ir.Constant(ir.VectorType(_INDEX, LANES), None))


# Six rows fill the registers of a processor that has sixteen; four and one are for what is left over.
_six_rows, _four_rows, _one_row = _tile(6), _tile(4), _tile(1)

# ── what kernels call ───────────────────────────────────────────────────────────────────────────────────────────────


@inlined
def multiply(a: Matrix, b: Matrix, product: Matrix) -> None:
    """Fill `product` with a @ b; shapes (M, P), (P, N), (M, N), of at least 1 each, which nobody checks."""
    _multiply(a, a.shape[1], 1, b, product)


@inlined
def multiply_turned(a: Matrix, b: Matrix, product: Matrix) -> None:
    """Fill `product` with a.T @ b; shapes (P, M), (P, N), (M, N), of at least 1 each, which nobody checks."""
    _multiply(a, 1, a.shape[1], b, product)


@inlined
def turn(matrix: Matrix, turned: Matrix) -> None:
    """Fill `turned` with matrix.T; shapes (M, N), (N, M)."""
    n_rows, n_columns = matrix.shape
    whole_rows, whole_columns = n_rows - n_rows % _BLOCK, n_columns - n_columns % _BLOCK
    for row in range(0, whole_rows, _BLOCK):
        for j in range(0, whole_columns, _BLOCK):
            _turn_block(matrix, row * n_columns + j, n_columns, turned, j * n_rows + row, n_rows)
    for row in range(n_rows):
        for j in range(whole_columns if row < whole_rows else 0, n_columns):
            turned[j, row] = matrix[row, j]


@inlined
def _multiply(a: Matrix, a_row: int, a_term: int, b: Matrix, product: Matrix) -> None:
    """Fill `product`; the value of its row r and term p lies in `a` at r * a_row + p * a_term."""
    n_rows, n_columns = product.shape
    if n_columns < LANES:
        _multiply_narrow(a, a_row, a_term, b, product)
        return
    n_sixes = n_rows // 6
    if n_sixes > 0 and 2 <= n_rows % 6 < 4:
        n_sixes -= 1  # eight rows are two fours
    for panel in range(0, n_columns, LANES):
        # The last one reaches back over the one before where columns do not fill it, and computes the same again.
        j = min(panel, n_columns - LANES)
        row = 0
        while row < 6 * n_sixes:
            _six_rows(a, row * a_row, a_row, a_term, b, j, n_columns, product, row * n_columns + j, n_columns, len(b))
            row += 6
        while row + 4 <= n_rows:
            _four_rows(a, row * a_row, a_row, a_term, b, j, n_columns, product, row * n_columns + j, n_columns, len(b))
            row += 4
        while row < n_rows:
            _one_row(a, row * a_row, a_row, a_term, b, j, n_columns, product, row * n_columns + j, n_columns, len(b))
            row += 1


@inlined
def _multiply_narrow(a: Matrix, a_row: int, a_term: int, b: Matrix, product: Matrix) -> None:
    """Do the same for fewer columns than a vector has values."""
    flat = a.reshape(-1)
    for row in range(product.shape[0]):
        product[row] = 0
        for term in range(len(b)):
            factor = flat[row * a_row + term * a_term]
            for j in range(product.shape[1]):
                product[row, j] += factor * b[term, j]
