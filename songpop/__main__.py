"""`python -m songpop` is `songpop`."""

from songpop.cli import main

if __name__ == "__main__":
    main()
