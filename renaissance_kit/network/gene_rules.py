"""Gene rules: which genes make the enzymes of a reaction.

``b1263 and b1264`` is a complex that needs both, ``b3916 or b1723`` are isoenzymes, each enough by
itself. The rules of published constraint-based models are written so; ``and`` binds more tightly
than ``or``. cobrapy reads them too, but takes seconds to load, and a table with rules is read
wherever a network is; `tests/test_gene_rules.py` holds the two against each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from renaissance_kit.core.errors import DataError

SPONTANEOUS = "s0001"
"""What BiGG's models write in place of a gene where a reaction needs no enzyme."""
_WORDS = {"and": "and", "&": "and", "&&": "and", "or": "or", "|": "or", "||": "or"}
_TOKEN = re.compile(r"\(|\)|&&?|\|\|?|[^\s()&|]+")
_MOST_ENZYMES = 10_000

Combine = Callable[[Sequence[float]], float]


@dataclass(frozen=True)
class GeneRule:
    """The gene rule of a reaction. Make one with `of`.

    Attributes:
        text: as it was written.
        tree: the rule as nested tuples: a gene, or ``("and", …)`` or ``("or", …)``.

    >>> rule = GeneRule.of("(b0001 and b0002) or b0003")
    >>> rule.genes
    ('b0001', 'b0002', 'b0003')
    >>> rule.enzymes
    (('b0001', 'b0002'), ('b0003',))
    >>> rule.value({"b0001": 4.0, "b0002": 1.0, "b0003": 2.0}, complex=min, isoenzymes=max)
    2.0
    """

    text: str
    tree: Any

    @classmethod
    def of(cls, text: str) -> GeneRule:
        """Read a rule: names of genes, ``and``, ``or`` and parentheses.

        Raises:
            DataError: it cannot be read; says where, and what a rule looks like.
        """
        return cls(text, _Reader(text).rule())

    @property
    def genes(self) -> tuple[str, ...]:
        """Every gene once, in the order in which the rule names them."""
        return tuple(dict.fromkeys(_genes(self.tree)))

    @property
    def enzymes(self) -> tuple[tuple[str, ...], ...]:
        """The isoenzymes, each the genes of its subunits; a set of genes in any order stands once.

        Raises:
            DataError: the rule stands for more than 10,000 combinations.
        """
        found: dict[frozenset[str], tuple[str, ...]] = {}
        for enzyme in _enzymes(self.tree, self.text):
            found.setdefault(frozenset(enzyme), enzyme)
        return tuple(found.values())

    def value(
        self, of_gene: Mapping[str, float], *, complex: Combine, isoenzymes: Combine
    ) -> float | None:
        """One number of the reaction, from one of each gene.

        Args:
            of_gene: by gene; genes without a number are left out of their complex or isoenzymes.
            complex: what becomes of the numbers of subunits, such as ``min``.
            isoenzymes: what becomes of those of isoenzymes, such as ``max``.

        Returns:
            The number; None where no gene of the rule has one.
        """
        return _value(self.tree, of_gene, {"and": complex, "or": isoenzymes})


def enzymes_needed(text: str) -> bool:
    """Whether a rule says that the reaction needs the product of a gene.

    >>> enzymes_needed("b0451"), enzymes_needed("b0451 or s0001"), enzymes_needed("")
    (True, False, False)
    """
    if not text:
        return False
    rule = GeneRule.of(text)
    alone = {gene: float(gene == SPONTANEOUS) for gene in rule.genes}
    return rule.value(alone, complex=min, isoenzymes=max) == 0.0


class _Reader:
    """Recursive descent: a rule is terms joined by or, a term factors joined by and."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _TOKEN.findall(text)
        self.at = 0

    def rule(self) -> Any:
        tree = self._joined("or")
        if self.at < len(self.tokens):
            raise self._problem(f"{self.tokens[self.at]!r} is one too many")
        return tree

    def _word(self) -> str:
        token = self.tokens[self.at] if self.at < len(self.tokens) else ""
        return _WORDS.get(token.lower(), token)

    def _joined(self, word: str) -> Any:
        parts = [self._part(word)]
        while self._word() == word:
            self.at += 1
            parts.append(self._part(word))
        return parts[0] if len(parts) == 1 else (word, *parts)

    def _part(self, word: str) -> Any:
        if word == "or":
            return self._joined("and")
        token = self._word()
        if token == "(":
            self.at += 1
            inside = self._joined("or")
            if self._word() != ")":
                raise self._problem("a parenthesis is not closed")
            self.at += 1
            return inside
        if token in ("", ")", "and", "or"):
            raise self._problem(f"a gene is missing before {token!r}" if token else "it ends early")
        if ";" in token or "," in token:
            raise self._problem(f"{token!r} may be one gene or several")
        self.at += 1
        return token

    def _problem(self, what: str) -> DataError:
        return DataError(
            f"cannot read the gene rule {self.text!r}: {what}; write genes with 'and' (subunits of "
            "a complex), 'or' (isoenzymes) and parentheses"
        )


def _genes(tree: Any) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    else:
        for part in tree[1:]:
            yield from _genes(part)


def _enzymes(tree: Any, text: str) -> list[tuple[str, ...]]:
    if isinstance(tree, str):
        return [(tree,)]
    parts = [_enzymes(part, text) for part in tree[1:]]
    if tree[0] == "or":
        return [enzyme for part in parts for enzyme in part]
    count = 1
    for part in parts:
        count *= len(part)
    if count > _MOST_ENZYMES:
        raise DataError(
            f"the gene rule {text!r} stands for {count:,} combinations of subunits; write it with "
            "fewer isoenzymes inside a complex"
        )
    joined = (tuple(dict.fromkeys(g for e in some for g in e)) for some in product(*parts))
    return list(joined)


def _value(tree: Any, of_gene: Mapping[str, float], how: Mapping[str, Combine]) -> float | None:
    if isinstance(tree, str):
        return of_gene.get(tree)
    values = [_value(part, of_gene, how) for part in tree[1:]]
    known = [v for v in values if v is not None]
    return how[tree[0]](known) if known else None
