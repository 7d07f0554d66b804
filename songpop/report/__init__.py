"""Figures of what was searched and found (matplotlib)."""
