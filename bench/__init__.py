"""How fast the portal is, as ratios against the limit, on large data: ``python -m bench`` (docs/operations.md)."""
