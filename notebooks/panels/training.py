# %% [markdown]
# # Train a generator
#
# A generator makes Michaelis constants (KM) for the kinetic model of *E. coli* W3110 trpD9923. A
# model is valid when λmax, the real part of its slowest eigenvalue, is at or below the threshold.
# Training raises the share of valid models, the incidence. Notebook 02 has the study behind it.

# %%
from renaissance_kit import Network, SteadyStates
from renaissance_kit.panels import TrainingPanel

network = Network.open("ecoli_w3110_trpd9923")  # an example, or a folder of tables
panel = TrainingPanel(network, SteadyStates.example(network), folder="../../build/panels/training")
panel
