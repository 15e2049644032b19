"""A fault suite: the real server as a process, and everything that can befall it.

A case runs under a `Trial`, whose six oracles hold afterwards. `make chaos` runs all of it and
prints what each case counted; a fast part is run by `make test`.
"""
