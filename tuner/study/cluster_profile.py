"""A cluster as a person describes it for themselves."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from tuner.study.cluster_settings import ClusterSettings


class ClusterProfile(ClusterSettings):
    """A cluster as a person describes it for themselves.

    Unlike a study file, which is data, it may hold lines of shell, and any option.
    """

    known_options: ClassVar[tuple[str, ...] | None] = None

    kind: str = Field("slurm", description="The batch system.")
    setup: tuple[str, ...] = Field(
        (), description='Lines of shell that each worker runs first, such as ["module load python/3.11"].'
    )
