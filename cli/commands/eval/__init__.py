"""The `nonmun eval` commands: run, score, compare, gate, judge, make, report."""
