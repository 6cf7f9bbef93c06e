"""A network with a closed form: one substrate, taken up by diffusion, and Monod growth on it.

With dry-weight density ρ: uptake 5 (s_e − s_c) and growth s_c/(1 + s_c) 1/h, which takes 10 mmol of
substrate and releases 2 mmol of by-product per gDW.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from renaissance_kit import KineticModels, Network, SteadyState

SUBSTRATE, INSIDE, BY_PRODUCT = "glc__D_e", "glc__D_c", "fru_e"
UPTAKE, YIELD_PER_GDW, RELEASE = 5.0, 10.0, 2.0  # 1/h, mmol/gDW, mmol/gDW
MU_MAX, K = 1.0, 1.0  # 1/h, mM

_SOURCE = "made for a test"
_METABOLITES = """\
id,name,formula,charge,compartment,role,currency,dgf0_kJ_mol,dgf0_error_kJ_mol,n_h,pka,seed_id,source
glc__D_c,D-Glucose,C6H12O6,0,c,dynamic,,,,,,,test
glc__D_e,D-Glucose,C6H12O6,0,e,constant,,,,,,,test
fru_e,D-Fructose,C6H12O6,0,e,constant,,,,,,,test
"""
_REACTIONS = """\
id,name,equation,subsystem,ec,role,rate_law,substrates,products,proton_terms,balance_exempt,\
dgr0_kJ_mol,dgr0_error_kJ_mol,dgr0_note,source
GLCt,uptake,glc__D_e <=> glc__D_c,Transport,,kinetic,reversible_mass_action,glc__D_e,glc__D_c,\
,,,,,test
GROWTH,growth,10 glc__D_c <=> 2 fru_e,Biomass,,growth,irreversible_michaelis_menten,10 glc__D_c,\
2 fru_e,,biomass leaves,,,,test
"""
_STATE = """\
quantity,id,value,unit,source
concentration,glc__D_c,1,mM,test
concentration,glc__D_e,2,mM,test
concentration,fru_e,0.5,mM,test
flux,GLCt,5,mmol/gDW/h,test
flux,GROWTH,0.5,1/h,test
log_displacement,GLCt,-0.6931471805599453,1,test
"""
_CONDITIONS = """\
quantity,value,low,high,unit,source,note
dry_weight_density,300,,,gDW/L,test,
eigenvalue_threshold,-2.5,,,1/h,test,
km_lower_bound,0.0013,,,mM,test,
km_upper_bound,20,,,mM,test,
"""
_COMPARTMENTS = """\
id,name,role,volume_fraction,pH,ionic_strength_M,source
c,cytosol,cytosol,1.0,7.5,0.25,test
e,medium,medium,,7.0,0.0,test
"""
_REACTOR = """\
kind,id,time_h,value,unit,source
inoculum,,,0.1,g/L,test
duration,,,10,h,test
medium,glc__D_e,,2,mM,test
medium,fru_e,,0,mM,test
"""


def monod(folder: Path) -> KineticModels:
    """Write the network to a folder and return its one model."""
    folder.mkdir(parents=True)
    for name, text in (
        ("metabolites", _METABOLITES), ("reactions", _REACTIONS), ("steady_state", _STATE),
        ("conditions", _CONDITIONS), ("compartments", _COMPARTMENTS), ("bioreactor", _REACTOR),
    ):  # fmt: skip
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    network = Network.from_folder(folder)
    km = np.ones((1, len(network.km_names)))
    return KineticModels(network, SteadyState.from_folder(network), km)
