"""The frozen values that every stage takes and gives. Standard library only."""
