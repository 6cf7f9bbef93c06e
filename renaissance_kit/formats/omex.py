"""One COMBINE archive (OMEX) of models, what was done with them, and what was measured.

A zip file with a manifest: Bergmann et al. 2014 BMC Bioinformatics 15:369. libCombine is not used,
as it and libSBML replace each other's classes in one process.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree.ElementTree import Element, SubElement

import numpy as np

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.files import atomic_path
from renaissance_kit.core.versions import versions
from renaissance_kit.formats.members import Members
from renaissance_kit.formats.petab import write_petab
from renaissance_kit.formats.sbml import document_of
from renaissance_kit.formats.sedml import Simulations
from renaissance_kit.formats.xml_text import xml_text
from renaissance_kit.kinetics.ensembles import KineticEnsemble
from renaissance_kit.network.network import Network
from renaissance_kit.simulation.bioreactor import Bioreactor
from renaissance_kit.simulation.fit import MeasuredCurve
from renaissance_kit.simulation.perturbation import Perturbation

_COMBINE = "http://identifiers.org/combine.specifications/"
_FORMATS = {
    ".xml": f"{_COMBINE}sbml.level-3.version-2",
    ".sedml": f"{_COMBINE}sed-ml.level-1.version-4",
    ".nc": "http://purl.org/NET/mediatypes/application/x-netcdf",
    ".json": "http://purl.org/NET/mediatypes/application/json",
    ".tsv": "http://purl.org/NET/mediatypes/text/tab-separated-values",
    ".yaml": "http://purl.org/NET/mediatypes/application/x-yaml",
}
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_TERMS = "http://purl.org/dc/terms/"
MANIFEST, METADATA, SIMULATIONS = "manifest.xml", "metadata.rdf", "simulations.sedml"
_STEPS = 120  # of a perturbed course
_REACTOR_STEP_H = 0.5


def write_archive(
    path: str | Path,
    ensemble: KineticEnsemble,
    network: Network,
    members: Sequence[int] = (0,),
    *,
    perturbation: Perturbation | None = None,
    reactor: Bioreactor | None = None,
    curves: Sequence[MeasuredCurve] = (),
) -> Path:
    """Write a COMBINE archive.

    It holds a model of SBML for each member, ``simulations.sedml`` (each member from its perturbed
    starts and, with a reactor, the batch), the chosen models as ``ensemble.nc``,
    ``provenance.json`` and, with measured curves, PEtab tables of the fermentation with the first
    member's model.

    Args:
        path: of the archive, ``.omex``.
        ensemble: its models.
        network: that it belongs to.
        members: positions of models in the ensemble.
        perturbation: size, seed and number of starts of each model; one of ±50 % if not given.
        reactor: a batch; without one there is no fermentation in the archive.
        curves: measured time courses, as from `renaissance_kit.simulation.measured_curves`.

    Raises:
        ParameterError: no such member, or curves without a reactor.
        SteadyStateError: the ensemble belongs to another network.
        DataError: SBML cannot hold something.
        OSError: the file cannot be written; an earlier one stays.

    >>> from renaissance_kit import KineticEnsemble, Network
    >>> from renaissance_kit.simulation import batch_of, measured_curves
    >>> network = Network.example()
    >>> ensemble = KineticEnsemble.example(network)
    >>> file = write_archive(
    ...     "build/ecoli.omex", ensemble, network, [0, 1],
    ...     reactor=batch_of(network), curves=measured_curves(network),
    ... )
    >>> file.name
    'ecoli.omex'
    """
    path = Path(path).expanduser()
    batch = Members.of(ensemble, network)
    batch.require(members)
    if curves and reactor is None:
        raise ParameterError("measured curves are those of a reactor; give one with reactor=")
    asked = perturbation or Perturbation()
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        written = _models(folder, batch, members, asked, reactor)
        if reactor is not None and curves:
            tables = folder / "petab"
            tables.mkdir()
            model = f"../{_batch_file(batch, members[0])}"
            written += write_petab(tables, model, batch, members[0], reactor, curves)
        ensemble.select(np.asarray(members)).save(folder / "ensemble.nc")
        about = _provenance(batch, ensemble, members, asked, reactor)
        (folder / "provenance.json").write_text(json.dumps(about, indent=1), encoding="utf-8")
        written += [folder / "ensemble.nc", folder / "provenance.json"]
        files = {file.relative_to(folder).as_posix(): file for file in written}
        with atomic_path(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(MANIFEST, _manifest(files))
            archive.writestr(METADATA, _description(batch, members))
            for name, file in files.items():
                archive.write(file, name)
    return path


def _cell_file(members: Members, member: int) -> str:
    return f"model_{members.labels[member]}.xml"


def _batch_file(members: Members, member: int) -> str:
    return f"batch_{members.labels[member]}.xml"


def _models(
    folder: Path, members: Members, chosen: Sequence[int], asked: Perturbation,
    reactor: Bioreactor | None,
) -> list[Path]:  # fmt: skip
    """Write SBML of the models, and SED-ML of what is simulated."""
    simulations, files = Simulations(), []
    network = members.network
    end_h = float(asked.times_min[-1]) / 60
    simulations.course("hours", np.linspace(0, end_h, _STEPS + 1), relative=1e-9, absolute=1e-12)
    if reactor is not None:
        hours = np.arange(0, reactor.conditions.duration_h + 1e-9, _REACTOR_STEP_H)
        simulations.course("fermentation", hours, relative=1e-8, absolute=1e-12)
    for member in chosen:
        label = members.labels[member]
        made = document_of(members, member)
        files.append(folder / _cell_file(members, member))
        files[-1].write_text(made.text(), encoding="utf-8")
        simulations.model(f"cell_{label}", _cell_file(members, member))
        for i, start in enumerate(asked.starts(members.models, member)):
            name = f"cell_{label}_start_{i}"
            values = dict(zip(network.dynamic, map(float, start), strict=True))
            simulations.started(name, f"cell_{label}", made, values)
            simulations.task(f"perturbed_{label}_{i}", name, "hours", made, network.dynamic)
        if reactor is not None:
            made = document_of(members, member, reactor)
            files.append(folder / _batch_file(members, member))
            files[-1].write_text(made.text(), encoding="utf-8")
            simulations.model(f"batch_{label}", _batch_file(members, member))
            observed = [m for m in network.constant if m in made.species]
            simulations.task(
                f"fermented_{label}", f"batch_{label}", "fermentation", made,
                [*observed, "biomass"],
            )  # fmt: skip
    files.insert(0, folder / SIMULATIONS)
    files[0].write_text(simulations.text(), encoding="utf-8")
    return files


def _provenance(
    members: Members, ensemble: KineticEnsemble, chosen: Sequence[int], asked: Perturbation,
    reactor: Bioreactor | None,
) -> dict[str, object]:  # fmt: skip
    attributes = {k: v if isinstance(v, str) else float(v) for k, v in
                  ensemble.dataset.attrs.items()}  # fmt: skip
    return {
        "made_with": versions(),
        "network": members.network.name,
        "network_digest": members.network.digest,
        "steady_state": members.models.state.label,
        "ensemble": attributes,
        "models": [members.labels[m] for m in chosen],
        "perturbation": asked.settings(),
        "bioreactor": None if reactor is None else reactor.settings(),
    }


def _manifest(files: Mapping[str, Path]) -> str:
    """What is in the archive and of what kind; the simulations are what to open first."""
    root = Element("omexManifest", {"xmlns": f"{_COMBINE}omex-manifest"})
    own = {".": "omex", f"./{MANIFEST}": "omex-manifest", f"./{METADATA}": "omex-metadata"}
    for location, kind in own.items():
        SubElement(root, "content", {"location": location, "format": f"{_COMBINE}{kind}"})
    for name, file in files.items():
        content = {"location": f"./{name}", "format": _FORMATS[file.suffix]}
        SubElement(root, "content", content | ({"master": "true"} if name == SIMULATIONS else {}))
    return xml_text(root)


def _description(members: Members, chosen: Sequence[int]) -> str:
    """What the archive is and when it was made, as RDF."""
    root = Element("rdf:RDF", {"xmlns:rdf": _RDF, "xmlns:dcterms": _TERMS})
    about = SubElement(root, "rdf:Description", {"rdf:about": "."})
    labels = ", ".join(members.labels[m] for m in chosen)
    SubElement(about, "dcterms:description").text = (
        f"Kinetic models {labels} of {members.network.name} (fingerprint {members.network.digest}) "
        f"at the steady state {members.models.state.label}, written by renaissance_kit"
    )
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    for term in ("created", "modified"):
        date = SubElement(about, f"dcterms:{term}", {"rdf:parseType": "Resource"})
        SubElement(date, "dcterms:W3CDTF").text = now
    return xml_text(root)
