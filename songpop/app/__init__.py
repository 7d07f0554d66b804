"""The only place where parts are chosen and joined: one module per command, each a function of settings.

Import the module of a command, not this package's content: what a command does not use is not imported (the MLflow
client and TensorFlow take seconds).
"""
