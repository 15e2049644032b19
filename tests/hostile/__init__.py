"""Hostile and broken input: images, provider replies, calls, records and folders.

`make hostile` runs all of it and prints the counts of each case; `make test` runs a fast part.
"""
