"""`python -m nonmun` is the command `nonmun`."""

from .cli import command

command()
