# %% [markdown]
# # Explore steady states
#
# At some steady states random Michaelis constants give a cell that settles fast enough, at others
# only special ones do. Which states are these, and what sets their neighbourhoods apart? Notebook
# 05 has the study behind it.

# %%
from renaissance_kit import Network
from renaissance_kit.panels.states import StatesPanel

network = Network.open("ecoli_w3110_trpd9923")  # an example, or a folder of tables
panel = StatesPanel(network, folder="../../build/panels/states")
panel
