"""A fault suite: the real server as a process, and every fault that can be injected.

A case runs under a `Trial`, whose six oracles hold afterwards. `make chaos` runs all of it and
prints the counts of each case; `make test` runs a fast part.
"""
