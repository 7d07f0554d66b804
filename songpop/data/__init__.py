"""The table: reading, cleaning, splitting, and the proof that nothing leaks."""
