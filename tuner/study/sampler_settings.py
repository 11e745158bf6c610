"""Samplers as a study file names them, with their options."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tuner.hyperparameters.base import Settings


class TpeSampler(Settings):
    """Tree-structured Parzen estimator, over groups of parameters that occur together. Source: Bergstra et al. 2011."""

    kind: Literal["tpe"] = "tpe"
    startup_trials: int = Field(10, ge=0, description="Random trials before the model suggests.")
    candidates: int = Field(24, ge=1, description="Points drawn for each suggestion; the most promising one is taken.")
    history: int = Field(
        500, ge=50, description="Most trials that one fit of the model goes by: best, running, and last ones."
    )
    asks_per_fit: int = Field(4, ge=1, description="Most trials that one fit serves where several are wanted at once.")


class RandomSampler(Settings):
    """Every trial drawn at random."""

    kind: Literal["random"] = "random"


class CmaesSampler(Settings):
    """CMA-ES, an evolution strategy for numbers that every trial has. Source: Hansen 2016, arXiv:1604.00772."""

    kind: Literal["cmaes"] = "cmaes"
    startup_trials: int = Field(1, ge=0, description="Complete random trials before the strategy starts.")
    population_size: int | None = Field(
        None, ge=4, description="Trials of a generation; 4 + 3 log(parameters) if left out."
    )


class GpSampler(Settings):
    """Gaussian process and expected improvement, for few trials that cost much. Source: Ament et al. 2023."""

    kind: Literal["gp"] = "gp"
    startup_trials: int = Field(10, ge=1, description="Complete random trials before the model suggests.")


class Nsga2Sampler(Settings):
    """NSGA-II, a genetic algorithm. Source: Deb et al. 2002, doi:10.1109/4235.996017."""

    kind: Literal["nsga2"] = "nsga2"
    population_size: int = Field(50, ge=2, description="Complete trials of a generation; the first one is random.")
    mutation_prob: float | None = Field(
        None, ge=0, le=1, description="Chance of each parameter to be drawn anew; 1 / parameters if left out."
    )
    crossover_prob: float = Field(0.9, ge=0, le=1, description="Chance of a trial to have two parents.")
    swapping_prob: float = Field(0.5, ge=0, le=1, description="Chance of each parameter to be the second parent's.")


class GridSampler(Settings):
    """Every configuration once; a search ends when none is left."""

    kind: Literal["grid"] = "grid"


class QmcSampler(Settings):
    """Points that fill the space more evenly than chance. Source: Bergstra & Bengio 2012, JMLR 13."""

    kind: Literal["qmc"] = "qmc"
    sequence: Literal["sobol", "halton"] = Field("sobol", description="Which sequence of points.")
    scramble: bool = Field(True, description="Shift the points at random, by the study's seed.")


Sampler = Annotated[
    TpeSampler | RandomSampler | CmaesSampler | GpSampler | Nsga2Sampler | GridSampler | QmcSampler,
    Field(discriminator="kind"),
]
