"""The parts that a metabolite can have in a rate: the side of its slot."""

SUBSTRATE, PRODUCT, PROTON = range(3)
COMPETITOR, INHIBITOR, ACTIVATOR, ESSENTIAL_ACTIVATOR = range(3, 7)
