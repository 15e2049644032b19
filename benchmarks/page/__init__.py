"""The page docs/what-it-costs.md: its charts and tables, made from one saved run."""
