from .evaluation import (
    Evaluation as Evaluation,
    evaluate_designs as evaluate_designs,
    folds_in_each as folds_in_each,
)
from .known import (
    DESIGN_TABLE as DESIGN_TABLE,
    changes_of as changes_of,
    in_words as in_words,
    published_designs as published_designs,
)
from .optimum import (
    Changes as Changes,
    Solution as Solution,
    best_design as best_design,
    best_folds as best_folds,
)
from .problem import DesignProblem as DesignProblem
from .response import LinearResponse as LinearResponse, linear_responses as linear_responses
from .search import (
    Designs as Designs,
    DesignStatus as DesignStatus,
    find_designs as find_designs,
)
