"""`bayboard bench …`: the commands that measure."""

from typing import Annotated

import typer

from bayboard.bench.pixel import measure_pixel

app = typer.Typer(help="Measure, on this machine.", no_args_is_help=True)


@app.callback()
def bench() -> None:
    """Measure, on this machine."""


@app.command()
def pixel(
    wall: Annotated[str, typer.Option(help="Address of a wall, as `bayboard demo` prints it.")],
    broker: Annotated[str, typer.Option(help="Address of its broker.")],
    site: Annotated[str, typer.Option(help="The wall's site.")] = "s1",
    bay: Annotated[str, typer.Option(help="A bay nobody else scans into.")] = "PROBE",
    scans: Annotated[int, typer.Option(min=2, help="How many scans to publish.")] = 100,
) -> None:
    """Time scans from being published to being painted on a running wall."""
    typer.echo(measure_pixel(wall_url=wall, mqtt_url=broker, site=site, bay=bay, scans=scans))
