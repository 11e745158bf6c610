"""What a study's workers get where they run on a cluster."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field, field_validator

from tuner.errors import HyperparameterError
from tuner.hyperparameters.base import Settings
from tuner.space.complaints import shown
from tuner.study.durations import seconds_of
from tuner.study.sizes import bytes_of

OPTIONS = (
    "--constraint", "--qos", "--exclude", "--nodelist", "--reservation", "--licenses", "--exclusive", "--gres",
    "--nice", "--mem-per-cpu", "--tmp", "--hint", "--comment", "--wckey", "--mail-type", "--mail-user",
)  # fmt: skip
"""Options of the batch system that a study file may state: none of them names a file, or changes how workers begin."""


class ClusterSettings(Settings):
    """What workers get where they run on a cluster; none of it changes what a study means."""

    known_options: ClassVar[tuple[str, ...] | None] = OPTIONS

    workers: int | None = Field(None, ge=1, description="How many workers; `--workers N` overrides it.")
    cpus: int = Field(1, ge=1, description="Cores of each worker.")
    memory: str | None = Field(
        None, description='Memory of each worker, such as "4GB"; what the cluster gives by itself if left out.'
    )
    gpus: int = Field(0, ge=0, description="GPUs of each worker.")
    time: str | None = Field(
        None, description='Time limit of each worker, such as "2h", after which it is queued again and goes on.'
    )
    lead: str = Field(
        "2m",
        description="How long before its time limit a worker is told to hand back what it trains; longer than an epoch "
        "takes; at most half of that limit.",
    )
    partition: str | None = Field(None, min_length=1, description="The partition or queue.")
    account: str | None = Field(None, min_length=1, description="The account that pays.")
    extra: tuple[str, ...] = Field(
        (), description='More options of the batch system, such as ["--constraint=avx2"], one in each text.'
    )

    @field_validator("extra", mode="before")
    @classmethod
    def _are_options(cls, extra: Any) -> Any:
        if not isinstance(extra, list | tuple):
            return extra
        for option in extra:
            if isinstance(option, str) and (not option.startswith("-") or not option.isprintable()):
                raise HyperparameterError(
                    f'has {shown(option)}, but should be a list of options such as "--constraint=avx2"', "extra"
                )
            known = cls.known_options
            if isinstance(option, str) and known is not None and option.partition("=")[0] not in known:
                raise HyperparameterError(
                    f"has {shown(option)}, which may stand in a person's own clusters.toml only; here are "
                    f"{', '.join(known)}",
                    "extra",
                )
        return tuple(extra)

    @field_validator("partition", "account")
    @classmethod
    def _is_one_word(cls, word: str | None) -> str | None:
        if word is not None and (not word.isprintable() or not word.split() == [word]):
            raise HyperparameterError(f"is {shown(word)}, but should be one word")
        return word

    @field_validator("memory")
    @classmethod
    def _is_size(cls, memory: str | None) -> str | None:
        if memory is not None:
            bytes_of(memory)
        return memory

    @field_validator("time", "lead", mode="before")
    @classmethod
    def _is_duration(cls, duration: Any) -> Any:
        if duration is not None:
            seconds_of(duration)
        return duration

    @property
    def memory_bytes(self) -> int | None:
        """Memory of each worker, in bytes; None for what the cluster gives."""
        return None if self.memory is None else bytes_of(self.memory)

    @property
    def seconds(self) -> float | None:
        """Time limit of each worker, in seconds; None for the cluster's own."""
        return None if self.time is None else seconds_of(self.time)

    @property
    def lead_seconds(self) -> float:
        """How long before its time limit a worker is told, in seconds: it has at least half of its time to train."""
        lead = seconds_of(self.lead)
        return lead if self.seconds is None else min(lead, self.seconds / 2)
