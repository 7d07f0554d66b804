"""What is said of a champion: its figures, with intervals where they are known."""

from folders import FolderChampions


def test_figures(champions: FolderChampions) -> None:
    served = champions.present()
    assert served.name == "songpop version 2"
    assert served.figures == (("log loss", "0.300 (0.200 to 0.400)"),)


def test_another_day_is_another_ranker_of_the_same_model(champions: FolderChampions) -> None:
    from datetime import date

    served = champions.present()
    other = served.on(date(2030, 1, 1))
    assert other.ranker.model is served.ranker.model
    assert (other.ranker.day, served.ranker.day) == ("2030-01-01", "2024-06-15")
    assert served.on(None).ranker is served.ranker
