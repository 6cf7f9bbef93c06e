# %% [markdown]
# # Ferment with valid models
#
# Each model grows in a simulated batch; points are what was measured on the strain. Notebook 04 has
# the study behind it.

# %%
from renaissance_kit import Network
from renaissance_kit.panels import BioreactorPanel

network = Network.open("ecoli_w3110_trpd9923")  # an example, or a folder of tables
trained = "../build/figures/02_generator_training/ensemble.nc"  # taken where notebook 02 has run
panel = BioreactorPanel(network, trained=trained, folder="../../build/panels/bioreactor")
panel
