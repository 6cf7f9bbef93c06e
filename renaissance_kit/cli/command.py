"""The command ``renaissance-kit``, also ``python -m renaissance_kit``.

Each sub-command is a thin layer over functions of the package. The rooms are taken by their faces,
which load a module when one of its names is used; so help and mistakes answer at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import click

from renaissance_kit.cli import drafting, exchanging, modelling, notebook_commands
from renaissance_kit.cli.options import InOrder, examples, say
from renaissance_kit.core.errors import RenaissanceError

NAME = "renaissance-kit"
WRONG, STOPPED = 2, 130


@click.group(
    cls=InOrder,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=examples(
        "renaissance-kit draft model.xml --growth BIOMASS --out data/mine",
        "renaissance-kit check data/mine",
        "renaissance-kit states data/mine --number 1000 --out states.nc",
        "renaissance-kit train data/mine --states states.nc --out training",
        "renaissance-kit generate training --number 1000 --out ensemble.nc",
        "renaissance-kit perturb data/mine --models ensemble.nc --out perturbed.nc",
        "renaissance-kit export data/mine --models ensemble.nc --out model.xml",
        "renaissance-kit run 02 --scale demo --out results",
    ),
)
@click.version_option(package_name="renaissance_kit", prog_name=NAME)
def group() -> None:
    """Kinetic models of metabolism, from a constraint-based model to simulations.

    NETWORK is the name of an example (tiny, ecoli_w3110_trpd9923) or a folder of tables. Results
    stay where you say, from the folder that you are in; nothing is replaced without --force.
    """


for command in (
    *drafting.COMMANDS,
    *modelling.COMMANDS,
    *exchanging.COMMANDS,
    *notebook_commands.COMMANDS,
):
    group.add_command(command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: those of the shell if not given.

    Returns:
        The exit status: 0; 1 where `check` or `draft` found problems; 2 after an error, which
        stands on standard error with its remedy; 130 after Ctrl-C.
    """
    given = None if arguments is None else list(arguments)
    try:
        status = group.main(args=given, prog_name=NAME, standalone_mode=False)
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx is not None else NAME
        return _wrong(f"{error.format_message()} (see {where} --help)")
    except click.ClickException as error:
        return _wrong(error.format_message())
    except click.Abort:
        say("stopped")
        return STOPPED
    except RenaissanceError as error:
        return _wrong(str(error))
    except OSError as error:
        return _wrong(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except MemoryError:
        return _wrong("the memory is full; ask for fewer models or states, or for fewer workers")
    return status if isinstance(status, int) else 0


def _wrong(text: str) -> int:
    say(f"error: {text}")
    return WRONG
