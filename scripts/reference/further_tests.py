"""Reference values for the further tests in src/studies/statistics: SciPy, statsmodels, deep-significance, autorank, scikit-posthocs.

    pip install scipy statsmodels deepsig autorank scikit-posthocs
    python scripts/reference/further_tests.py > src/studies/statistics/further-tests.fixture.json

Takes a minute, most of it deep-significance's bootstrap. autorank's critical difference rests on a table of six
digits, scikit-posthocs' p-values on SciPy's studentized range.
"""

import contextlib
import json
import sys
import warnings
from importlib.metadata import version

import numpy as np
import pandas as pd
import scikit_posthocs
from autorank import autorank
from deepsig import aso
from deepsig.aso import compute_violation_ratio
from scipy import integrate, optimize, stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.meta_analysis import combine_effects
from statsmodels.stats.power import TTestPower
from statsmodels.stats.weightstats import ttost_paired

warnings.filterwarnings("ignore")
rng = np.random.default_rng(11)


def sign_flip(differences):
    mean = lambda x, axis: np.mean(x, axis=axis)
    test = stats.permutation_test((differences,), mean, permutation_type="samples", vectorized=True, n_resamples=np.inf, batch=4096)
    return {"differences": differences.tolist(), "p": float(test.pvalue)}


def mcnemar_case(gained, lost):
    table = [[50, gained], [lost, 20]]
    case = {"gained": gained, "lost": lost, "exact": float(mcnemar(table, exact=True).pvalue)}
    if gained != lost:  # statsmodels corrects there too, R and we don't
        case["chi_squared"] = float(mcnemar(table, exact=False, correction=True).pvalue)
    return case


def stochastic_order(first, second):
    return {
        "first": first.tolist(),
        "second": second.tolist(),
        "violation": float(compute_violation_ratio(first, second, dt=1e-5)),
        "bound": float(aso(first, second, num_bootstrap_iterations=4000, seed=3, show_progress=False)),
    }


def friedman(scores):
    tasks, arms = scores.shape
    statistic, p = stats.friedmanchisquare(*scores.T)
    f = (tasks - 1) * statistic / (tasks * (arms - 1) - statistic)
    with contextlib.redirect_stdout(sys.stderr):
        result = autorank(pd.DataFrame(scores), alpha=0.05, force_mode="nonparametric", order="descending")
    return {
        "scores": scores.tolist(),
        "chi_squared": float(statistic),
        "p": float(p),
        "fisher_p": float(stats.f.sf(f, arms - 1, (arms - 1) * (tasks - 1))),
        "mean_ranks": [float(result.rankdf.meanrank[a]) for a in range(arms)],
        "critical_difference": float(result.cd) if result.cd is not None else None,
        "pairs": scikit_posthocs.posthoc_nemenyi_friedman(scores).to_numpy().tolist(),
    }


def meta(means, errors):
    result = combine_effects(np.array(means), np.array(errors) ** 2, method_re="iterated", use_t=True, atol=1e-14)
    low, high = result.conf_int(alpha=0.05, use_t=True)[1]
    return {
        "means": means,
        "errors": errors,
        "mean": float(result.mean_effect_re),
        "standard_error": float(result.sd_eff_w_re),
        "hartung_knapp_error": float(result.sd_eff_w_re_hksj),
        "tau_squared": float(max(0, result.tau2)),
        "interval": [float(low), float(high)],
        "homogeneity_p": float(stats.chi2.sf(result.q, len(means) - 1)),
    }


def spending_levels(alpha, shares):
    """Exact two-sided nominal levels of the O'Brien-Fleming-like spending function, by the recursive integral."""
    spent = lambda t: 2 * stats.norm.sf(stats.norm.isf(alpha / 2) / np.sqrt(t))
    bounds, levels, grid, density = [], [], None, None
    for k, t in enumerate(shares):
        increment = spent(t) - (spent(shares[k - 1]) if k else 0)
        if k == 0:
            bound = stats.norm.isf(increment / 2)
        else:
            step = np.sqrt(t - shares[k - 1])
            # B(t) = Z √t is a random walk; its density over those that went on so far
            crossed = lambda b: integrate.simpson(
                density * (stats.norm.sf((b * np.sqrt(t) - grid) / step) + stats.norm.cdf((-b * np.sqrt(t) - grid) / step)), x=grid
            )
            bound = optimize.brentq(lambda b: crossed(b) - increment, 0.1, 10, xtol=1e-12)
        bounds.append(bound)
        levels.append(2 * stats.norm.sf(bound))
        new_grid = np.linspace(-bound, bound, 4001) * np.sqrt(t)
        if k == 0:
            density = stats.norm.pdf(new_grid, scale=np.sqrt(t))
        else:
            density = np.array([integrate.simpson(density * stats.norm.pdf(x - grid, scale=step), x=grid) for x in new_grid])
        grid = new_grid
    return [float(x) for x in levels]


power_cases = [
    {
        "sd": sd,
        "seeds": seeds,
        "effect": effect,
        "level": level,
        "power": float(TTestPower().power(effect / sd, seeds, (1 - level) / 2, alternative="larger")),
        "seeds_for_80": float(TTestPower().solve_power(effect / sd, None, (1 - level) / 2, 0.8, alternative="larger")),
    }
    for sd, seeds, effect, level in [(0.5, 5, 0.97, 0.95), (0.57, 10, 0.5, 0.95), (0.57, 20, 0.5, 1 - 0.05 / 3), (1, 2, 0.97, 0.95), (0.3, 200, 0.05, 0.95)]
]

scores = np.round(rng.normal(size=(8, 4)) + np.array([0, 0.4, 0.9, 1.4]), 3)
tied = np.round(scores[:5] * 2) / 2
paired = np.round(rng.normal(0.1, 0.3, 7), 3)
packages = ["numpy", "scipy", "statsmodels", "deepsig", "autorank", "scikit-posthocs"]

json.dump(
    {
        "made_by": {name: version(name) for name in packages},
        "normal_cdf": [{"z": z, "p": float(stats.norm.cdf(z))} for z in (-8, -3, -1, -0.1, 0, 0.5, 2, 5)],
        "chi_squared": [{"x": x, "df": df, "p": float(stats.chi2.sf(x, df))} for x, df in [(0.1, 1), (3.84, 1), (60, 3), (2, 7), (0, 2), (300, 200)]],
        "fisher": [{"f": f, "df1": a, "df2": b, "p": float(stats.f.sf(f, a, b))} for f, a, b in [(3, 4, 20), (0.2, 2, 8), (50, 3, 21)]],
        "fair_coin": [{"k": k, "n": n, "p": float(stats.binom.cdf(k, n, 0.5))} for k, n in [(0, 1), (2, 12), (400, 872), (30, 31), (5, 5)]],
        "studentized_range": [
            {"k": k, "q": float(stats.studentized_range.ppf(0.95, k, np.inf)), "tail_of_2": float(stats.studentized_range.sf(2, k, np.inf))}
            for k in (2, 3, 4, 10)
        ],
        "sign_flip": [sign_flip(np.round(rng.normal(0.4, 0.5, n), 3)) for n in (5, 8, 13)]
        + [sign_flip(np.array([0.1, 0.2, 0.3, -0.1, 0.0])), sign_flip(np.round(rng.normal(0.15, 0.5, 20), 3))],
        "mcnemar": [mcnemar_case(b, c) for b, c in [(10, 2), (0, 5), (30, 31), (7, 7), (1, 0), (40, 90)]],
        "stochastic_order": [
            stochastic_order(np.round(rng.normal(a, 0.4, n), 3), np.round(rng.normal(0, 0.5, n), 3)) for a, n in [(0.3, 5), (0.1, 10), (0.25, 20)]
        ],
        "equivalence": {
            "differences": paired.tolist(),
            "p": [{"margin": m, "p": float(ttost_paired(paired, np.zeros(7), -m, m)[0])} for m in (0.05, 0.3, 0.5, 2)],
        },
        "power": power_cases,
        "friedman": [friedman(scores), friedman(tied)],
        "random_effects": [
            meta([0.9, 0.1, -0.4, 0.6, 1.5], [0.2, 0.3, 0.25, 0.4, 0.3]),
            meta([0.1, 0.15, 0.05, 0.12], [0.2, 0.3, 0.25, 0.4]),
            meta([1.0, -0.5, 0.3], [0.1, 0.1, 0.1]),
        ],
        "spending": [
            {"alpha": alpha, "looks": looks, "levels": spending_levels(alpha, [n / looks[-1] for n in looks])}
            for alpha, looks in [(0.05, [5, 10, 20]), (0.05, [10, 20]), (0.1, [5, 10, 20]), (0.05, [5, 10, 15, 20, 25])]
        ],
    },
    sys.stdout,
)
print()
