"""What trains trials: implementations of `contracts.Engine`."""
