"""songpop: finds the best Keras model for a table of songs, fast and honestly."""

__version__ = "0.1.0"
