"""What to try and what to stop: the loop of ask, run and tell, and Optuna behind it."""
