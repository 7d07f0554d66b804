"""The page of `songpop serve`: a file is dropped, its songs are ranked, and nothing is kept."""
