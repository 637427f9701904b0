"""The same decision to proof: a mixed-integer program that HiGHS solves. The only file that knows the solver.

Each item has k packs (whole), a switch z and a gain g. Expected profit is concave, so the gain lies below all its
tangents, here at `_TANGENTS` orders an item and, after each round, at the orders found:

    g <= t_j·z + f'(j)·(pack·k - j)   with t_j = f(h + j) - f(h)          (in perspective form: 0 where z is 0)

The program's own bound holds for every legal plan, since no tangent cuts off any of f; Nemhauser and Wolsey (1988),
"Integer and Combinatorial Optimization", on Kelley's cutting planes.
"""

from dataclasses import dataclass

import highspy
import numpy as np
from scipy import sparse

from stocking.distribution import Numbers
from stocking.planning.allocation import allocate
from stocking.planning.problem import Problem, Solution

_TANGENTS = 14
_NEAR = (-2.0, -1.0, 0.0, 1.0, 2.0)
_ROUNDS = 3


@dataclass(frozen=True)
class Effort:
    """How long the solver may look, in seconds, and which gap is small enough (a share)."""

    seconds: float = 30.0
    gap: float = 0.001


def prove(problem: Problem, effort: Effort) -> Solution:
    """Orders whose gain lies provably within the gap of the best, or the best that the time allowed.

    Starts from the allocation, and never returns less than it.
    """
    best = allocate(problem)
    touched = _first_touched(problem, best.orders)
    for _ in range(_ROUNDS):
        if best.gap <= effort.gap:
            break
        orders, most = _solved(problem, touched, best.orders, effort)
        better = orders if problem.gain(orders) > best.gain else best.orders
        best = Solution(better, problem.gain(better), min(best.bound, most), best.worth)
        touched = np.hstack([touched, orders[:, None]])
    return best


def _first_touched(problem: Problem, orders: Numbers) -> Numbers:
    """The orders at which each item's gain first has tangents: over all it may have, and near the allocation."""
    items = problem.items
    over = items.high[:, None] * np.linspace(0.0, 1.0, _TANGENTS) ** 1.5
    near = orders[:, None] + items.terms.pack[:, None] * np.array(_NEAR)
    touched: Numbers = np.hstack([over, near.clip(0.0, items.high[:, None])])
    return touched


def _solved(problem: Problem, touched: Numbers, start: Numbers, effort: Effort) -> tuple[Numbers, float]:
    solver = highspy.Highs()
    for name, value in {
        "output_flag": False,
        "random_seed": 0,
        "threads": 1,  # the same answer on any machine that is fast enough
        "mip_rel_gap": effort.gap / 2.0,
        "time_limit": effort.seconds / _ROUNDS,
    }.items():
        solver.setOptionValue(name, value)
    solver.passModel(_program(problem, touched))
    solver.setSolution(_started(problem, touched, start))
    solver.run()
    items = problem.items
    packs = np.rint(np.array(solver.getSolution().col_value[: len(items)]))
    orders = packs * items.terms.pack
    fits = bool(problem.fits(orders).all() and problem.counted(orders).all() and items.allows(orders).all())
    return (orders if fits else start), -solver.getInfo().mip_dual_bound


def _program(problem: Problem, touched: Numbers) -> highspy.HighsLp:
    """Columns: packs, switches and gains of all items. Rows: tangents, orders, resources, groups."""
    items, n = problem.items, len(problem.items)
    rows = [_tangents(problem, touched), *_orders(problem), _resources(problem), _groups(problem)]
    matrix = sparse.vstack([block for block, _ in rows], format="csr")
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = 3 * n, matrix.shape[0]
    lp.col_cost_ = np.concatenate([np.zeros(2 * n), -np.ones(n)])
    lp.col_lower_ = np.concatenate([items.low / items.terms.pack, items.low > 0.0, np.full(n, -highspy.kHighsInf)])
    lp.col_upper_ = np.concatenate([items.high / items.terms.pack, items.high > 0.0, np.full(n, highspy.kHighsInf)])
    lp.row_lower_ = np.full(matrix.shape[0], -highspy.kHighsInf)
    lp.row_upper_ = np.concatenate([most for _, most in rows])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    whole, real = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
    lp.integrality_ = [whole] * (2 * n) + [real] * n
    return lp


Block = tuple[sparse.csr_array, Numbers]


def _tangents(problem: Problem, touched: Numbers) -> Block:
    items = problem.items
    blocks = []
    for at in touched.T:
        slope = items.slope(at)
        blocks.append(_row_each(-slope * items.terms.pack, slope * at - items.gain(at), np.ones(len(items))))
    rows = sparse.vstack(blocks, format="csr")
    return rows, np.zeros(rows.shape[0])


def _orders(problem: Problem) -> tuple[Block, Block]:
    """An order lies between the least and the most, or is none."""
    items, none = problem.items, np.zeros(len(problem.items))
    least = np.minimum(items.terms.not_below(np.ones(len(items))), items.high)
    return (
        (_row_each(items.terms.pack, -items.high, none), none),
        (_row_each(-items.terms.pack, least, none), none),
    )


def _resources(problem: Problem) -> Block:
    packs = problem.uses @ sparse.diags_array(problem.items.terms.pack)
    empty = sparse.csr_array((packs.shape[0], 2 * len(problem.items)))
    return sparse.csr_array(sparse.hstack([packs, empty])), problem.limits


def _groups(problem: Problem) -> Block:
    empty = sparse.csr_array(problem.groups.shape)
    return sparse.csr_array(sparse.hstack([empty, problem.groups, empty])), problem.places


def _row_each(packs: Numbers, switches: Numbers, gains: Numbers) -> sparse.csr_array:
    return sparse.csr_array(sparse.hstack([sparse.diags_array(part) for part in (packs, switches, gains)]))


def _started(problem: Problem, touched: Numbers, start: Numbers) -> highspy.HighsSolution:
    """The allocation as a first answer, its gains just below all tangents."""
    items = problem.items
    below = [items.gain(at) + items.slope(at) * (start - at) for at in touched.T]
    gains = np.where(start > 0.0, np.min(below, axis=0), 0.0)
    solution = highspy.HighsSolution()
    solution.col_value = np.concatenate([start / items.terms.pack, start > 0.0, gains]).tolist()
    return solution
