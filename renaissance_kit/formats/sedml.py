"""Simulations as SED-ML Level 1 Version 4: perturbed cells, and the batch fermentation.

SED-ML: Smith et al. 2021 J Integr Bioinform 18:20210021. Its elements are written with Python's own
XML: libSEDML and libSBML replace each other's classes in one process, so that whoever writes with
the one cannot read with the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement

import numpy as np

from renaissance_kit.core.errors import DataError
from renaissance_kit.core.types import Array
from renaissance_kit.formats.sbml_document import Document
from renaissance_kit.formats.sbml_reactor import BIOMASS
from renaissance_kit.formats.xml_text import xml_text

_SEDML = "http://sed-ml.org/sed-ml/level1/version4"
_SBML_CORE = "http://www.sbml.org/sbml/level3/version2/core"
_MATHML = "http://www.w3.org/1998/Math/MathML"
_CVODE, _RELATIVE, _ABSOLUTE = "KISAO:0000019", "KISAO:0000209", "KISAO:0000211"
_SBML = "urn:sedml:language:sbml"
_IN_MODEL = "/sbml:sbml/sbml:model"
_LISTS = ("Models", "Simulations", "Tasks", "DataGenerators", "Outputs")


class Simulations:
    """A SED-ML document that is being made."""

    def __init__(self) -> None:
        attributes = {"xmlns": _SEDML, "xmlns:sbml": _SBML_CORE, "level": "1", "version": "4"}
        self._root = Element("sedML", attributes)
        self._lists = {name: SubElement(self._root, f"listOf{name}") for name in _LISTS}

    def model(self, name: str, source: str) -> Element:
        """Add a model, by the file beside this one or ``#id`` of another model."""
        attributes = {"id": name, "language": _SBML, "source": source}
        return SubElement(self._lists["Models"], "model", attributes)

    def started(self, name: str, source: str, made: Document, start: dict[str, float]) -> None:
        """Add a model that starts elsewhere, by metabolite in mM."""
        changes = SubElement(self.model(name, f"#{source}"), "listOfChanges")
        for metabolite, value in start.items():
            target = f"{_species(made, metabolite)}/@initialConcentration"
            change = {"target": target, "newValue": repr(float(value))}
            SubElement(changes, "changeAttribute", change)

    def course(self, name: str, hours: Array, *, relative: float, absolute: float) -> None:
        """Add a time course with evenly spaced output.

        Raises:
            DataError: the times are not evenly spaced.
        """
        steps = np.diff(hours)
        if not np.allclose(steps, steps[0]):
            raise DataError("a time course of SED-ML has evenly spaced times; give such times")
        first, last = repr(float(hours[0])), repr(float(hours[-1]))
        attributes = {
            "id": name, "initialTime": first, "outputStartTime": first, "outputEndTime": last,
            "numberOfSteps": str(len(hours) - 1),
        }  # fmt: skip
        course = SubElement(self._lists["Simulations"], "uniformTimeCourse", attributes)
        algorithm = SubElement(course, "algorithm", {"kisaoID": _CVODE})
        parameters = SubElement(algorithm, "listOfAlgorithmParameters")
        for kisao, value in ((_RELATIVE, relative), (_ABSOLUTE, absolute)):
            setting = {"kisaoID": kisao, "value": f"{value:g}"}
            SubElement(parameters, "algorithmParameter", setting)

    def task(
        self, name: str, model: str, course: str, made: Document, observed: Sequence[str]
    ) -> None:
        """Simulate a model, and report some of its variables: metabolites, and biomass."""
        task = {"id": name, "modelReference": model, "simulationReference": course}
        SubElement(self._lists["Tasks"], "task", task)
        report = SubElement(
            self._lists["Outputs"], "report", {"id": f"report_{name}", "name": name}
        )
        sets = SubElement(report, "listOfDataSets")
        for label in ("time", *observed):
            generator = f"{name}_{label}"
            self._generator(generator, name, label, made)
            data = {"id": f"data_{generator}", "label": label,
                    "dataReference": f"generator_{generator}"}  # fmt: skip
            SubElement(sets, "dataSet", data)

    def _generator(self, name: str, task: str, label: str, made: Document) -> None:
        generator = SubElement(
            self._lists["DataGenerators"], "dataGenerator", {"id": f"generator_{name}"}
        )
        variable = {"id": f"variable_{name}", "taskReference": task}
        if label == "time":
            variable["symbol"] = "urn:sedml:symbol:time"
        elif label == BIOMASS:
            variable["target"] = f"{_IN_MODEL}/sbml:listOfParameters/sbml:parameter[@id='{label}']"
        else:
            variable["target"] = _species(made, label)
        SubElement(SubElement(generator, "listOfVariables"), "variable", variable)
        math = SubElement(generator, "math", {"xmlns": _MATHML})
        SubElement(math, "ci").text = f"variable_{name}"

    def text(self) -> str:
        """As XML."""
        return xml_text(self._root)


def _species(made: Document, metabolite: str) -> str:
    return f"{_IN_MODEL}/sbml:listOfSpecies/sbml:species[@id='{made.species[metabolite]}']"
