"""What methods that learn from labelled sets of constants are measured by.

How well ordinary classifiers tell relevant sets from others, the controls of REKINDLE, and what is
drawn from a trained generator beside unbiased sampling, with precision and coverage of iSCHRUNK's
rules.

References: Choudhury et al. 2022 Nat Mach Intell 4:710; Andreozzi et al. 2016 Metab Eng 33:158.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from renaissance_kit.analysis.diversity import diversity_of
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.seeds import repeat_seeds, rng_of
from renaissance_kit.core.threads import single_threaded
from renaissance_kit.core.types import Array, Mask
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.training.boxes import BoxGenerator
from renaissance_kit.training.fit import Training
from renaissance_kit.training.rekindle import mean_divergence

LEAST = 10  # sets of either kind


@single_threaded()
def label_controls(
    km_mM: Array, relevant: Mask, *, seed: int, held_out: float = 0.1
) -> pd.DataFrame:
    """How well classifiers tell relevant sets from others, on sets that are held back.

    Published for REKINDLE, with 59 % relevant sets: accuracy 0.73 (logistic regression), 0.74
    (support vector machine) and 0.76 (boosted trees). Where few sets are relevant the accuracy says
    little; ``majority`` always says what most sets are.

    Args:
        km_mM: (sets, km); some thousands, as the support vector machine takes long for more.
        relevant: (sets,).
        seed: of the split.
        held_out: share of the sets that is held back.

    Returns:
        One row a classifier: classifier, accuracy, and auc, the share of pairs of a relevant and
        another set that it puts in the right order; 0.5 by chance.

    Raises:
        ParameterError: fewer than `LEAST` relevant or other sets.

    >>> import numpy as np
    >>> from renaissance_kit.studies import label_controls
    >>> km = np.exp(np.random.default_rng(1).normal(size=(400, 3)))
    >>> table = label_controls(km, km[:, 0] > 1, seed=1).set_index("classifier")
    >>> bool(table.accuracy["logistic regression"] > 0.9)
    True
    """
    from sklearn.dummy import DummyClassifier
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import train_test_split
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    labels = np.asarray(relevant, dtype=bool)
    if min(labels.sum(), (~labels).sum()) < LEAST:
        raise ParameterError(
            f"{labels.sum()} of {len(labels)} sets are relevant; give at least {LEAST} of either "
            "kind"
        )
    split, trees = repeat_seeds(seed, 2)
    x, held, y, truth = train_test_split(
        np.log(km_mM), labels, test_size=held_out, stratify=labels, random_state=split
    )
    classifiers = {
        "majority": DummyClassifier(),
        "logistic regression": make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
        "support vector machine": make_pipeline(StandardScaler(), SVC()),
        "boosted trees": HistGradientBoostingClassifier(random_state=trees),
    }
    rows = []
    for name, classifier in classifiers.items():
        classifier.fit(x, y)
        decide = getattr(classifier, "decision_function", None)
        score = decide(held) if decide else classifier.predict_proba(held)[:, 1]
        rows.append(
            {
                "classifier": name,
                "accuracy": float(classifier.score(held, truth)),
                "auc": float(roc_auc_score(truth, score)),
            }
        )
    return pd.DataFrame(rows)


def fresh_table(training: Training, *, models: int, seed: int) -> pd.DataFrame:
    """What a trained generator draws, beside unbiased sampling, on fresh sets at the same state.

    Args:
        training: at one steady state, by any method.
        models: drawn by either.
        seed: of the draws.

    Returns:
        Rows ``unbiased`` and ``trained``: models; share, of those that do what the recipe's
        objective wants; std_mean and joint_deficit of ln KM, as `analysis.diversity_of`;
        mean_divergence from the relevant unbiased sets, REKINDLE's own measure; and with
        iSCHRUNK coverage, the share of relevant unbiased sets that its boxes hold, else NaN.
    """
    fitness = training.fitness
    first, second, shuffled = repeat_seeds(seed, 3)
    drawn = {
        "unbiased": fitness.ranges.uniform(models, rng_of(first)),
        "trained": training.km(models, rng_of(second)),
    }
    place = fitness.place(None)
    met = {
        name: fitness.objective.evaluate(
            KineticModels(fitness.network, place, km), workers=fitness.workers
        ).met
        for name, km in drawn.items()
    }
    real = drawn["unbiased"][met["unbiased"]]
    rows = []
    for name, km in drawn.items():
        diversity = diversity_of(np.log(km), rng_of(shuffled))
        coverage = np.nan
        generator = training.generator
        if isinstance(generator, BoxGenerator) and len(real):
            inside = generator.inside(training.weights, real)
            coverage = float(inside.mean()) if name == "trained" else 1.0
        rows.append(
            {
                "sets": name,
                "models": models,
                "share": float(met[name].mean()),
                "std_mean": diversity.std_mean,
                "joint_deficit": diversity.joint_deficit,
                "mean_divergence": mean_divergence(np.log(km), np.log(real)),
                "coverage": coverage,
            }
        )
    return pd.DataFrame(rows)
