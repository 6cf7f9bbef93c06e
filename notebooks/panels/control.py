# %% [markdown]
# # What limits a flux?
#
# Control coefficients say which enzymes limit a flux, and how sure that is over the models of an
# ensemble. Enzymes are then changed by large factors. Notebook 11 has the study behind it.

# %%
from renaissance_kit import Network
from renaissance_kit.panels import ControlPanel

network = Network.open("ecoli_w3110_trpd9923")  # an example, or a folder of tables
trained = "../build/figures/02_generator_training/ensemble.nc"  # taken where notebook 02 has run
panel = ControlPanel(network, trained=trained, folder="../../build/panels/control")
panel
