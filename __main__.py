"""Entry point of `python -m nonmun`: the command `nonmun`."""

from .cli import command

command()
