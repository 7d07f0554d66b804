"""The registered model around raw columns, and ranking songs with it."""
