"""What comes into the action log by file: the reference data, and the spreadsheet that people fill in."""

from actions.imports.reference import load_hazards_and_factors
from actions.imports.sheet import ActionSheet
from actions.imports.templates import Example, examples

__all__ = ["ActionSheet", "Example", "examples", "load_hazards_and_factors"]
