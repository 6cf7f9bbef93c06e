"""The conditional generator: its features, derivatives, runs and files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from guides import guide_blocks

from renaissance_kit import Generator, KineticModels, KMRanges, Recipe, SteadyStates, train
from renaissance_kit.core import CheckpointError, ParameterError, SteadyStateError
from renaissance_kit.objectives import SoftMargin
from renaissance_kit.states import StateFeatures
from renaissance_kit.states.features import LARGEST
from renaissance_kit.training import (
    EDGE,
    ConditionalGenerator,
    ConditionalNet,
    ConditionalSettings,
    ModelScores,
    ProjectedShare,
    chances,
    divergence,
    split_states,
)

GUIDE = Path(__file__).resolve().parents[1] / "docs" / "train-by-gradient.md"
SIZE = {"steps": 5, "models_per_step": 12, "states_per_step": 3}


@pytest.fixture(scope="module")
def states(tiny, tiny_state):
    """The tiny network's state with other concentrations and displacements: also steady."""
    rng = np.random.default_rng(1)
    return [
        replace(
            tiny_state,
            concentrations_mM=tiny_state.concentrations_mM
            * np.exp(0.5 * rng.standard_normal(len(tiny.species))),
            log_displacement=tiny_state.log_displacement
            * np.exp(0.3 * rng.standard_normal(len(tiny.kinetic_reactions))),
            label=str(i),
        )
        for i in range(30)
    ]


@pytest.fixture(scope="module")
def net(tiny, states):
    ranges = KMRanges.of(tiny, fixed={tiny.km_names[2]: (0.4, 0.6)})
    return ConditionalNet(tiny, Generator(ranges, hidden=(8, 6)), StateFeatures.of(tiny, states))


@pytest.fixture
def run(tiny, states, net):
    """Train at the first 20 states; keyword arguments are those of `Recipe.but` or `train`."""

    def run(initial_weights=None, checkpoint=None, resume=False, where=slice(20), **changes):
        recipe = Recipe.conditional(tiny, **SIZE).but(generator=net.generator, **changes)
        return train(
            tiny, states[where], seed=5, recipe=recipe, initial_weights=initial_weights,
            checkpoint=checkpoint, resume=resume,
        )  # fmt: skip

    return run


# --- features ------------------------------------------------------------------------------------


def test_features_are_the_logarithms_standardised(tiny, states):
    features = StateFeatures.of(tiny, states)
    values = np.array([features(tiny, state) for state in states])
    np.testing.assert_allclose(values.mean(axis=0), 0, atol=0.05)  # a few are cut at 4
    place = features.names.index(f"concentration:{tiny.species[0]}")
    raw = np.log([state.concentrations_mM[0] for state in states])
    expected = ((raw - raw.mean()) / raw.std()).clip(-LARGEST, LARGEST)
    np.testing.assert_allclose(values[:, place], expected, rtol=1e-5)


def test_turnover_is_pool_over_throughput(tiny, tiny_state, states):
    """Half of all that comes in and goes out, by hand."""
    features = StateFeatures.of(tiny, states)
    name = tiny.dynamic[0]
    place = features.names.index(f"turnover:{name}")
    through = 0.0
    for reaction, flux in zip(tiny.kinetic_reactions, tiny_state.fluxes_mM_h, strict=True):
        record = tiny.reactions[reaction]
        net_made = sum(n for m, n in record.products if m == name) - sum(
            n for m, n in record.substrates if m == name
        )
        through += abs(net_made * flux) / 2
    expected = np.log(tiny_state.concentrations_mM[0] / through)
    found = features(tiny, tiny_state)[place] * features.scale[place] + features.mean[place]
    assert found == pytest.approx(expected, rel=1e-5)


def test_what_does_not_vary_is_left_out(tiny, states):
    names = StateFeatures.of(tiny, states).names
    assert not [name for name in names if name.startswith("flux:")]  # all fluxes are the same
    assert f"concentration:{tiny.dynamic[0]}" in names


def test_a_far_state_is_cut_to_the_border(tiny, states):
    features = StateFeatures.of(tiny, states)
    far = replace(states[0], concentrations_mM=1e9 * states[0].concentrations_mM)
    assert np.abs(features(tiny, far)).max() == LARGEST


def test_features_of_another_network_or_too_few_states(tiny, ecoli, states):
    features = StateFeatures.of(tiny, states)
    with pytest.raises(SteadyStateError, match="belongs to another network"):
        features(tiny, SteadyStates.example(ecoli)[0])
    with pytest.raises(SteadyStateError, match="made for another network"):
        features(ecoli, SteadyStates.example(ecoli)[0])
    with pytest.raises(ParameterError, match="at least 2"):
        StateFeatures.of(tiny, states[:1])


def test_near_features_by_hand(ecoli):
    states = SteadyStates.example(ecoli)
    features = StateFeatures.of(ecoli, list(states[:20]))
    near = features.near(ecoli, ["PGI:g6p_c"])[0]
    found = {name for name, is_near in zip(features.names, near, strict=True) if is_near}
    assert {"concentration:g6p_c", "concentration:f6p_c", "turnover:f6p_c", "flux:PGI"} <= found
    users = [
        name
        for name in ecoli.kinetic_reactions
        if "g6p_c" in dict((*ecoli.reactions[name].substrates, *ecoli.reactions[name].products))
    ]
    assert {f"flux:{name}" for name in users} <= found
    assert not [n for n in found if n.startswith("flux:") and n.split(":")[1] not in users]
    assert "concentration:atp_c" not in found


# --- derivatives ---------------------------------------------------------------------------------


def test_several_states_in_one_batch(tiny, states):
    """The same as one by one."""
    km = KMRanges.of(tiny).uniform(6, np.random.default_rng(1))
    batches = [
        KineticModels(tiny, state, km[3 * i : 3 * i + 3]) for i, state in enumerate(states[:2])
    ]
    log_km = torch.from_numpy(np.log(km)).requires_grad_()
    score, lambda_max = ModelScores.apply(log_km, SoftMargin(), batches, 0.2, 2)
    score.sum().backward()
    single = [SoftMargin().derivative(batch, tau=0.2, workers=1) for batch in batches]
    for found, name in (
        (score.detach(), "score"), (lambda_max, "lambda_max_per_h"), (log_km.grad, "by_log_km"),
    ):  # fmt: skip
        expected = np.concatenate([getattr(one, name) for one in single])
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12)


def test_derivative_by_every_part_of_the_weights(run, net, states):
    """Of the whole fitness, against finite differences along random directions."""
    fitness = run().fitness
    rng = np.random.default_rng(3)
    weights = net.initial_weights(rng) + 0.3 * rng.standard_normal(net.n_weights, dtype=np.float32)
    noise = rng.standard_normal((8, net.generator.latent), dtype=np.float32)
    features = np.repeat(fitness.features[:2], 4, axis=0)

    def value(w):
        y = net.outputs(w, noise, features).double()
        return divergence(y[:4], 0.3) + (y**3).mean()

    tensor = torch.tensor(weights, requires_grad=True)
    value(tensor).backward()
    own = net.generator.n_weights
    end = own + net.generator.hidden[0] * len(net.features.names)
    for part in (slice(0, own), slice(own, end), slice(end, None)):
        direction = np.zeros_like(weights)
        size = len(direction[part])
        direction[part] = rng.standard_normal(size) / size**0.5
        h = 1e-2
        with torch.no_grad():
            up, down = (value(torch.from_numpy(weights + s * h * direction)) for s in (1, -1))
        numerical = float(up - down) / (2 * h)
        assert numerical == pytest.approx(float(tensor.grad.numpy() @ direction), rel=0.02)
        assert abs(numerical) > 1e-4


def test_projected_descent_leaves_a_bound_and_does_not_press_against_it():
    """Within the edges the derivative of Φ; beyond, the slope at the edge, inwards only."""
    y = torch.tensor([0.3, -1.9, -5.0, -5.0, 5.0, 5.0], dtype=torch.double, requires_grad=True)
    share = ProjectedShare.apply(y)
    normal = torch.distributions.Normal(0.0, 1.0)
    torch.testing.assert_close(share, normal.cdf(y))
    (share * torch.tensor([1.0, 1.0, 1.0, -1.0, 1.0, -1.0])).sum().backward()  # descent: minus
    at_edge = float(torch.exp(normal.log_prob(torch.tensor(EDGE))))
    expected = [*torch.exp(normal.log_prob(y[:2])).tolist(), 0.0, -at_edge, at_edge, 0.0]
    assert y.grad.tolist() == pytest.approx(expected)


# --- a new and a trained generator ---------------------------------------------------------------


def test_a_new_generator_does_not_see_the_state(net, states):
    generator = ConditionalGenerator(net, net.initial_weights(np.random.default_rng(1)))
    a, b = (generator.generate(state, 7, np.random.default_rng(2)) for state in states[:2])
    np.testing.assert_array_equal(a, b)
    own = net.generator.sample(
        generator.weights[: net.generator.n_weights], 7, np.random.default_rng(2)
    )
    np.testing.assert_array_equal(a, own)


def test_a_trained_one_sees_it_and_keeps_the_ranges(run, states):
    generator = run().generator
    a, b = (generator.generate(state, 50, np.random.default_rng(2)) for state in states[:2])
    assert not np.array_equal(a, b)
    for km in (a, b):
        assert ((km[:, 2] >= 0.4) & (km[:, 2] <= 0.6)).all()
        assert km[:, 2].std() > 0.03
    with pytest.raises(ParameterError, match="at least 1"):
        generator.generate(states[0], 0, np.random.default_rng(1))


@pytest.mark.slow
def test_it_does_better_at_unseen_states_than_one_that_cannot_see(tiny, states):
    """A threshold that few unbiased models meet, at a different place in each state."""
    ranges = KMRanges.of(tiny)
    km = ranges.uniform(400, np.random.default_rng(1))
    one = KineticModels(tiny, states[0], km)
    lambda_max = np.concatenate([one.at(s).spectrum().lambda_max_per_h for s in states])
    rare = float(np.quantile(lambda_max, 0.05))
    recipe = Recipe.conditional(
        tiny, threshold_per_h=rare, steps=60, models_per_step=48, states_per_step=8,
        learning_rate=0.02, diversity=0.5,
    ).but(generator=Generator(ranges, hidden=(32, 32)))  # fmt: skip
    training = train(tiny, states[:24], seed=1, recipe=recipe)
    found = [
        training.models(200, np.random.default_rng(3), state=s)
        .spectrum(threshold_per_h=rare)
        .incidence
        for s in states[24:]
    ]
    unbiased = [one.at(s).spectrum(threshold_per_h=rare).incidence for s in states[24:]]
    assert np.mean(found) > 0.3 + np.mean(unbiased)


def test_states_that_lack_most_are_drawn_most():
    found = chances(np.array([0.0, -1.0, -3.0, np.nan]), 0.6)
    lacks = np.array([0, 1, 3, 4 / 3])  # one that was not drawn yet counts as the mean
    np.testing.assert_allclose(found, 0.6 * lacks / lacks.sum() + 0.1, rtol=1e-12)
    for alike in (np.full(4, np.nan), np.zeros(4), np.array([0.0, -np.inf, 0.0, 0.0])):
        np.testing.assert_allclose(chances(alike, 0.6), 0.25)


def test_scores_of_the_states_are_kept_from_step_to_step(tiny, states, net):
    recipe = Recipe.conditional(tiny, **SIZE, hardest=0.9).but(generator=net.generator)
    seen = []
    train(tiny, states[:20], seed=5, recipe=recipe, progress=seen.append)
    known = [np.isfinite(state.memory["scores"]).sum() for state in seen]
    assert known[0] == SIZE["states_per_step"]
    assert known == sorted(known)
    assert len(seen[-1].memory["scores"]) == 20
    with pytest.raises(ParameterError, match="below 1"):
        ConditionalSettings(hardest=1.0)


def test_models_and_ensembles_at_any_state(run, states):
    """The same as those of the generator, and labelled with how they were made."""
    training = run()
    models = training.models(6, np.random.default_rng(1), state=states[25])
    own = training.generator.models(states[25], 6, np.random.default_rng(1))
    np.testing.assert_array_equal(models.km_mM, own.km_mM)
    assert models.state is states[25]
    ensemble = training.ensemble(6, seed=1, state=states[25])
    np.testing.assert_array_equal(ensemble.dataset.km, models.km_mM)
    provenance = ensemble.dataset.attrs["provenance"]
    assert '"conditional_states_per_step": 3' in provenance
    assert '"training_steps": 5' in provenance
    with pytest.raises(ParameterError, match=r"say which: state="):
        training.models(6, np.random.default_rng(1))


# --- runs and files ------------------------------------------------------------------------------


def test_a_checkpoint_of_other_states_is_refused(run, tmp_path):
    path = tmp_path / "run.npz"
    run(checkpoint=path)
    with pytest.raises(CheckpointError, match="another objective"):
        run(checkpoint=path, resume=True, where=slice(1, 21))
    with pytest.raises(CheckpointError, match="another objective"):
        run(checkpoint=path, resume=True, objective=SoftMargin(margin=0.3))
    with pytest.raises(CheckpointError, match="other settings"):
        run(checkpoint=path, resume=True, states_per_step=4)


def test_a_saved_generator_makes_the_same_models(run, tiny, states, tmp_path):
    training = run()
    assert training.models_evaluated == 60
    path = tmp_path / "conditional.npz"
    training.generator.save(path)
    loaded = ConditionalGenerator.load(path, tiny)
    assert loaded.about["states"] == [state.label for state in states[:20]]
    assert loaded.about["steps"] == 5
    for state in states[20:22]:
        np.testing.assert_array_equal(
            loaded.generate(state, 9, np.random.default_rng(1)),
            training.generator.generate(state, 9, np.random.default_rng(1)),
        )


def test_files_that_cannot_be_used(run, tiny, ecoli, tmp_path):
    path = tmp_path / "conditional.npz"
    run().generator.save(path)
    with pytest.raises(CheckpointError, match="another network"):
        ConditionalGenerator.load(path, ecoli)
    with np.load(path) as archive:
        arrays = dict(archive)
    changed = tmp_path / "changed.npz"
    np.savez(changed, **{**arrays, "mean": arrays["mean"] + 0.1})
    with pytest.raises(CheckpointError, match="its seal does not fit"):
        ConditionalGenerator.load(changed, tiny)
    half = tmp_path / "half.npz"
    half.write_bytes(path.read_bytes()[:2000])
    for broken in (half, tmp_path / "missing.npz"):
        with pytest.raises(CheckpointError, match=r"damaged or not a|does not exist"):
            ConditionalGenerator.load(broken, tiny)


@pytest.mark.parametrize(
    "change", [{"states_per_step": 0}, {"states_per_step": 7}, {"states_per_step": 64}]
)
def test_settings_out_of_range(change):
    with pytest.raises(ParameterError, match="give a multiple"):
        ConditionalSettings(**change)


def test_a_state_needs_a_hidden_layer_to_enter(net):
    with pytest.raises(ParameterError, match="no hidden layer"):
        replace(net, generator=replace(net.generator, hidden=()))


def test_weights_that_do_not_fit(net, run):
    with pytest.raises(ParameterError, match="this architecture has"):
        run(initial_weights=np.zeros(3, np.float32))
    with pytest.raises(ParameterError, match="not finite"):
        net.check(np.full(net.n_weights, np.nan, np.float32))


def test_split():
    trained, held = split_states(100, 0.2, seed=3)
    assert sorted([*trained, *held]) == list(range(100))
    assert len(held) == 20
    np.testing.assert_array_equal(held, split_states(100, 0.2, seed=3)[1])
    assert not np.array_equal(held, split_states(100, 0.2, seed=4)[1])
    for share in (0.0, 1.0, 0.001):
        with pytest.raises(ParameterError, match="none on one side"):
            split_states(100, share, seed=1)


@pytest.mark.slow
def test_guide(ecoli, tmp_path, monkeypatch, capsys):
    """Every block of docs/train-by-gradient.md runs, with fewer steps."""
    blocks = guide_blocks(GUIDE)
    assert len(blocks) == 6
    (tmp_path / "data").symlink_to(ecoli.folder.parent)
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    shorter = {"steps=100, models_per_step=64": "steps=2, models_per_step=8",
               "steps=500": "steps=2, models_per_step=6, states_per_step=2",
               "held[:20]": "held[:2]", "in trained]": "in trained[:20]]"}  # fmt: skip
    for block in blocks:
        for long, short in shorter.items():
            block = block.replace(long, short)
        exec(block, names)
    assert "above_half" in names["held_out_table"](names["by_state"])
    assert "divergence" in capsys.readouterr().out
    assert names["found"].gradient.shape == (50, len(ecoli.km_names))
    assert len(names["by_state"]) == 2
    assert (tmp_path / "conditional.npz").is_file()
