"""Simulations as SED-ML Level 1 Version 4: perturbed cells, and the batch fermentation.

SED-ML: Smith et al. 2021 J Integr Bioinform 18:20210021.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from renaissance_kit.core.errors import DataError
from renaissance_kit.core.types import Array
from renaissance_kit.formats.libraries import needed
from renaissance_kit.formats.sbml_document import Document
from renaissance_kit.formats.sbml_reactor import BIOMASS

_CVODE, _RELATIVE, _ABSOLUTE = "KISAO:0000019", "KISAO:0000209", "KISAO:0000211"
_SBML = "urn:sedml:language:sbml"
_SBML_CORE = "http://www.sbml.org/sbml/level3/version2/core"
_IN_MODEL = "/sbml:sbml/sbml:model"


class Simulations:
    """A SED-ML document that is being made."""

    def __init__(self) -> None:
        self._sedml = needed("libsedml")
        spaces = self._sedml.SedNamespaces(1, 4)
        spaces.addNamespace(_SBML_CORE, "sbml")
        self._document = self._sedml.SedDocument(spaces)
        self._spaces = spaces  # libSEDML does not keep it alive

    def model(self, name: str, source: str) -> None:
        """Add a model, by the file beside this one or ``#id`` of another model."""
        model = self._document.createModel()
        model.setId(name)
        model.setLanguage(_SBML)
        model.setSource(source)

    def started(self, name: str, source: str, made: Document, start: dict[str, float]) -> None:
        """Add a model that starts elsewhere, by metabolite in mM."""
        self.model(name, f"#{source}")
        model = self._document.getModel(self._document.getNumModels() - 1)
        for metabolite, value in start.items():
            change = model.createChangeAttribute()
            change.setTarget(f"{_species(made, metabolite)}/@initialConcentration")
            change.setNewValue(repr(float(value)))

    def course(self, name: str, hours: Array, *, relative: float, absolute: float) -> None:
        """Add a time course with evenly spaced output."""
        steps = np.diff(hours)
        if not np.allclose(steps, steps[0]):
            raise DataError("a time course of SED-ML has evenly spaced times; give such times")
        course = self._document.createUniformTimeCourse()
        course.setId(name)
        course.setInitialTime(float(hours[0]))
        course.setOutputStartTime(float(hours[0]))
        course.setOutputEndTime(float(hours[-1]))
        course.setNumberOfSteps(len(hours) - 1)
        algorithm = course.createAlgorithm()
        algorithm.setKisaoID(_CVODE)
        for kisao, value in ((_RELATIVE, relative), (_ABSOLUTE, absolute)):
            parameter = algorithm.createAlgorithmParameter()
            parameter.setKisaoID(kisao)
            parameter.setValue(f"{value:g}")

    def task(
        self, name: str, model: str, course: str, made: Document, observed: Sequence[str]
    ) -> None:
        """Simulate a model, and report some of its variables: metabolites, and biomass."""
        task = self._document.createTask()
        task.setId(name)
        task.setModelReference(model)
        task.setSimulationReference(course)
        report = self._document.createReport()
        report.setId(f"report_{name}")
        report.setName(name)
        for label in ("time", *observed):
            generator = f"{name}_{label}"
            self._generator(generator, name, label, made)
            data = report.createDataSet()
            data.setId(f"data_{generator}")
            data.setLabel(label)
            data.setDataReference(f"generator_{generator}")

    def _generator(self, name: str, task: str, label: str, made: Document) -> None:
        generator = self._document.createDataGenerator()
        generator.setId(f"generator_{name}")
        variable = generator.createVariable()
        variable.setId(f"variable_{name}")
        variable.setTaskReference(task)
        if label == "time":
            variable.setSymbol("urn:sedml:symbol:time")
        elif label == BIOMASS:
            variable.setTarget(f"{_IN_MODEL}/sbml:listOfParameters/sbml:parameter[@id='{label}']")
        else:
            variable.setTarget(_species(made, label))
        generator.setMath(self._sedml.parseL3Formula(f"variable_{name}"))

    def text(self) -> str:
        """As XML.

        Raises:
            DataError: libSEDML's check finds mistakes.
        """
        text = str(self._sedml.writeSedMLToString(self._document))
        if problems := problems_of(text):
            raise DataError(*(f"SED-ML that was made is not valid: {p}" for p in problems))
        return text


def problems_of(text: str) -> list[str]:
    """What libSEDML's own check complains of, warnings included."""
    document: Any = needed("libsedml").readSedMLFromString(text)
    errors = [document.getError(i) for i in range(document.getNumErrors())]
    return [f"line {e.getLine()}: {e.getMessage().strip()}" for e in errors]


def _species(made: Document, metabolite: str) -> str:
    return f"{_IN_MODEL}/sbml:listOfSpecies/sbml:species[@id='{made.species[metabolite]}']"
