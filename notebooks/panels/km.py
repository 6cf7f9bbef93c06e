# %% [markdown]
# # Constrain KM to their measured ranges
#
# Some Michaelis constants have been measured. Held to their data, do they change what a generator
# makes of the others? Notebook 06 has the study behind it.

# %%
from renaissance_kit import Network, SteadyStates
from renaissance_kit.panels import KMPanel

network = Network.open("ecoli_w3110_trpd9923")  # an example, or a folder of tables
state = SteadyStates.example(network).default
panel = KMPanel(network, state, steps=50, folder="../../build/panels/km")
panel
