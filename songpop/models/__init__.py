"""Networks, the preprocessing inside them, optimizers and schedules; everything Keras that is no loop."""
