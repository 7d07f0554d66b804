"""Metrics of predictions, and the statistics that compare them."""
