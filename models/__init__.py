"""What is learnt: datasets, predictors, calibration, judging, baselines."""
