from songpop.search.kerastuner_runtime import Trial, keras_tuner


def test_the_oracles_are_there() -> None:
    for name in ("RandomSearchOracle", "BayesianOptimizationOracle", "HyperbandOracle", "GridSearchOracle"):
        assert issubclass(getattr(keras_tuner.oracles, name), keras_tuner.Oracle)
    assert Trial(hyperparameters=keras_tuner.HyperParameters(), trial_id="0").status == "RUNNING"
