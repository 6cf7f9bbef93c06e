# %% [markdown]
# # Perturb valid models
#
# Every concentration of a valid model is multiplied by a random number between 1 − δ and 1 + δ, and
# the nonlinear equations are integrated. Which models come back, and when? Notebook 03 has the
# study behind it.

# %%
from renaissance_kit import Network
from renaissance_kit.panels import RobustnessPanel

network = Network.open("ecoli_w3110_trpd9923")  # an example, or a folder of tables
trained = "../build/figures/02_generator_training/ensemble.nc"  # taken where notebook 02 has run
panel = RobustnessPanel(network, trained=trained, folder="../../build/panels/robustness")
panel
