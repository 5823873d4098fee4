"""Tuning: search spaces over configurations, searched by Keras Tuner; installs as kmu.tuning.

``search_space`` turns hyperparameters into a ``TrainingConfig``, ``trial`` trains and scores one,
``search`` runs Bayesian, Hyperband or random search over trials and writes the winner as a plain
configuration, ``summary`` tabulates and draws what came of a search, ``workers`` starts a chief
and N workers on one machine.
"""
