"""HermiT, the OWL 2 DL reasoner that ships with owlready2, run in a Java process of its own.

owlready2 is only looked for and never imported: its global world stays out of this process, and HermiT is
asked for consistency and unsatisfiable classes alone, not for the types of every individual, which takes ten
times as long.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from clustergraph.check.rl_profile import RL_DATATYPES
from clustergraph.errors import UnusableInput
from clustergraph.iris import OWL

#: A run takes a second or two, too short for the second compiler and parallel collection to pay.
_JAVA_OPTIONS: Final = ("-Xmx2000M", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
_CLASS: Final = "org.semanticweb.HermiT.cli.CommandLine"
_INCONSISTENT: Final = ("is not satisfiable", "Inconsistent ontology", "InconsistentOntologyException")
_UNSATISFIABLE: Final = re.compile(r"^\t(\S+)$", re.MULTILINE)
_DEADLINE_SECONDS: Final = 300

#: OWL 2 Structural Specification, section 4; HermiT stops at a literal of any other datatype, as xsd:date.
OWL_DATATYPES: Final = RL_DATATYPES | {f"{OWL}real", f"{OWL}rational"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an ontology is consistent, and its named classes that can have no member."""

    consistent: bool
    unsatisfiable: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hermit:
    """An installed HermiT: the Java command and the class path."""

    java: str
    class_path: str

    def judge(self, triples: Iterable[ox.Triple], *, classes: bool = True) -> Verdict:
        """Ask for consistency and, unless `classes` is false, for unsatisfiable classes.

        Raises UnusableInput with HermiT's own words when it cannot judge: a property that is not simple in a
        cardinality, chains that are not regular, or no answer within five minutes.
        """
        with tempfile.TemporaryDirectory(prefix="clustergraph-hermit-") as directory:
            path = Path(directory) / "ontology.nt"
            path.write_bytes(_ntriples(triples))
            command = [self.java, *_JAVA_OPTIONS, "-cp", self.class_path, _CLASS, "--no-prefixes"]
            command += ["--consistency", "--unsatisfiable"] if classes else ["--consistency"]
            try:
                answer = subprocess.run(  # noqa: S603 - a fixed command on a file of our own
                    [*command, path.as_uri()],
                    capture_output=True,
                    text=True,
                    timeout=_DEADLINE_SECONDS,
                    check=False,
                )
            except subprocess.TimeoutExpired as error:
                raise UnusableInput(
                    f"HermiT gave no answer within {_DEADLINE_SECONDS} s.",
                    fix="Look for a cycle of existential restrictions among the DL axioms.",
                ) from error
        return _verdict(answer.stdout, answer.stderr)


def find_hermit() -> Hermit | str:
    """HermiT, or the reason why it cannot run here."""
    java = shutil.which("java")
    if java is None:
        return "Java is not installed, so HermiT cannot run (apt-get install default-jre-headless)"
    spec = find_spec("owlready2")
    if spec is None or spec.origin is None:
        return "owlready2, which brings HermiT, is not installed (pip install 'clustergraph[dev]')"
    directory = Path(spec.origin).parent / "hermit"
    jar = directory / "HermiT.jar"
    if not jar.is_file():
        return f"this owlready2 has no HermiT ({jar.name} is missing)"
    return Hermit(java, os.pathsep.join((str(directory), str(jar))))


def _ntriples(triples: Iterable[ox.Triple]) -> bytes:
    kept = [
        triple
        for triple in triples
        if not isinstance(triple.object, ox.Literal) or triple.object.datatype.value in OWL_DATATYPES
    ]
    return ox.serialize(kept, format=ox.RdfFormat.N_TRIPLES) or b""


def _verdict(output: str, errors: str) -> Verdict:
    if any(words in output or words in errors for words in _INCONSISTENT):
        return Verdict(consistent=False, unsatisfiable=())
    if "is satisfiable" not in output:
        raise UnusableInput(
            f"HermiT cannot judge this ontology: {_reason(errors) or 'it gave no reason.'}",
            fix="The profile check names constructs that a DL reasoner does not take.",
        )
    named = (name.strip("<>") for name in _UNSATISFIABLE.findall(output))
    return Verdict(
        consistent=True,
        unsatisfiable=tuple(sorted(name for name in named if name not in ("owl:Nothing", f"{OWL}Nothing"))),
    )


def _reason(errors: str) -> str:
    """The message of a Java exception without its class and stack."""
    message = " ".join(line.strip() for line in errors.split("\n\tat ", maxsplit=1)[0].splitlines())
    return re.sub(r'^Exception in thread "[^"]*" [\w.$]+: ', "", message)
