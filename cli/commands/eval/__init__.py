"""The subcommands of `nonmun eval`."""
