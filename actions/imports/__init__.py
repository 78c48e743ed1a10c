"""What comes into the action log by file: the reference data, and the spreadsheet that people fill in."""

from actions.imports.reference import load_hazards_and_factors
from actions.imports.sheet import ActionSheet

__all__ = ["ActionSheet", "load_hazards_and_factors"]
