"""Every setting of clustergraph: read from the environment once, then passed in, never imported."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from platformdirs import user_data_path
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def _processors() -> int:
    """The processors this process may use; those of the machine where the system does not tell."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Settings(BaseSettings):
    """Settings with their defaults; each is the environment variable CLUSTERGRAPH_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="CLUSTERGRAPH_", frozen=True, extra="ignore")

    home: Path = Field(
        default_factory=lambda: user_data_path("clustergraph", appauthor=False),
        description="Directory that holds the releases.",
    )
    content: Path | None = Field(
        default=None,
        description="Directory with ontology/, shapes/, data/ and queries/; found by itself when not set.",
    )
    host: str = Field(default="127.0.0.1", description="Address the service listens on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port the service listens on; 0 picks one.")
    base_url: str | None = Field(
        default=None,
        description="Public address of the service, as links and query base IRIs use it; "
        "http://HOST:PORT when not set. Never taken from a request.",
    )
    query_deadline_seconds: float = Field(
        default=30.0, gt=0, description="Longest time one query may take before its worker is killed."
    )
    query_memory_mib: int = Field(
        default=1024, ge=64, description="Memory one query may use beyond the loaded dataset, in MiB."
    )
    query_result_mib: int = Field(
        default=512, ge=1, description="Largest result one query may return, in MiB."
    )
    query_length_kib: int = Field(
        default=256, ge=1, description="Longest query text accepted, in KiB; 413 beyond it."
    )
    workers: int = Field(default=4, ge=2, le=256, description="Worker processes that evaluate queries.")
    workers_start: Literal["auto", "fork", "spawn"] = Field(
        default="auto",
        description="How workers are started: fork lets them share a dataset in memory; spawn starts a "
        "program for each, over a store on disk; auto forks where the system can.",
    )
    queue_length: int = Field(
        default=64, ge=0, description="Queries that may wait for a worker; 503 beyond that."
    )
    queue_seconds: float = Field(default=10.0, gt=0, description="Longest wait for a free worker before 503.")
    in_memory_mib: int = Field(
        default=4096,
        ge=0,
        description="Datasets whose files are larger than this, in MiB, are served from a store on disk; "
        "0 serves every dataset from disk.",
    )
    processes: int = Field(
        default=1,
        ge=1,
        le=64,
        description="Front processes that speak HTTP; each has its share of the workers.",
    )
    cache_mib: int = Field(
        default=64,
        ge=0,
        description="Memory for small results that are answered again, in MiB; 0 keeps none.",
    )
    spool_mib: int = Field(
        default=2048,
        ge=0,
        description="Disk space for answers whose readers are slower than their queries, in MiB; beyond it "
        "such queries wait for their readers.",
    )
    rate_limit: str | None = Field(
        default=None,
        description="Most requests of one client, such as 600/minute; 429 beyond it. No limit when not set.",
    )
    trusted_proxies: str = Field(
        default="127.0.0.1",
        description="Addresses of proxies whose X-Forwarded-For names the client, separated by commas.",
    )
    service_origins: tuple[str, ...] = Field(
        default=(),
        description="Origins that a query may reach by SERVICE, as a JSON list such as "
        '["https://query.wikidata.org"]; none when empty.',
    )
    service_seconds: float = Field(
        default=10.0,
        gt=0,
        description="Longest time one other service may take that a query asks by SERVICE.",
    )
    service_private_addresses: bool = Field(
        default=False,
        description="Whether the origins that SERVICE may reach can be at addresses that are not public, "
        "such as localhost.",
    )
    release_check_seconds: float = Field(
        default=2.0, gt=0, description="How often a running service looks for a new release."
    )
    log_format: Literal["console", "json"] = Field(
        default="console", description="How the log is written: console for people, json for machines."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least important message that is logged; debug logs every query."
    )
    slow_query_seconds: float = Field(
        default=1.0, gt=0, description="Queries that take longer are logged, each with its fingerprint."
    )
    closure_triples: int = Field(
        default=20_000_000, ge=1, description="Most triples the closure may infer before a build is refused."
    )
    closure_seconds: float = Field(
        default=600.0, gt=0, description="Longest time the closure may take before a build is refused."
    )
    import_workbook_mib: int = Field(
        default=512, ge=1, description="Most that the parts of an imported workbook may unfold to, in MiB."
    )
    import_file_mib: int = Field(
        default=16_384, ge=1, description="Longest text file that is imported, packed or not, in MiB."
    )
    import_processes: int = Field(
        default_factory=lambda: min(8, _processors()),
        ge=1,
        le=64,
        description="Processes that read the rows of an imported table; as many as processors when not set.",
    )
    download_mib: int = Field(
        default=2048, ge=1, description="Longest file that an import downloads, in MiB."
    )
    download_seconds: float = Field(
        default=900.0, gt=0, description="Longest time that the download of an import may take."
    )
    download_private_addresses: bool = Field(
        default=False,
        description="Whether an import may download from addresses that are not public, such as localhost.",
    )

    @property
    def workers_are_spawned(self) -> bool:
        """Whether each worker is a program of its own rather than a fork."""
        return self.workers_start == "spawn" or (self.workers_start == "auto" and not hasattr(os, "fork"))
